/**
 * The report: sentences computed from a run's facts and templates filled from evidence, each with
 * its basis, as Markdown and as HTML.
 *
 * <p>Must not read stores or decide anything; facts and evidence are given to it.
 */
package dev.lanekeeper.report;
