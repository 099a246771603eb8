/**
 * S3: the hardened gate judges its frozen corpus, this lane's evidence, and a fabrication of it.
 *
 * <p>Must not make the corpus itself.
 */
package dev.lanekeeper.s3gate;
