/**
 * A corpus of hostile input, and what every answer to it must be: a code with a sentence, soon,
 * without a change outside the home and without a secret in what is kept or shown. It drives the
 * program by its commands and its workflows only, and knows nothing of how they refuse.
 */
package dev.lanekeeper.hostile;
