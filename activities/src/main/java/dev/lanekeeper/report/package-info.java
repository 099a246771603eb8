/**
 * The report: templates filled from evidence, as Markdown and as HTML.
 *
 * <p>Must not compute anything; every value comes from a packet's files.
 */
package dev.lanekeeper.report;
