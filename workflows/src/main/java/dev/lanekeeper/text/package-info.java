/**
 * The one layer through which text leaves, a class for each destination: terminal, log line,
 * Markdown, HTML, shell word. Text from outside is a type or a plain string until then.
 *
 * <p>Must not read, write or decide anything; workflow code uses it.
 */
package dev.lanekeeper.text;
