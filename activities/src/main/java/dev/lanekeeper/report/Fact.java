package dev.lanekeeper.report;

/**
 * What a report says, and from where it has it.
 *
 * @param text what it says; text of anybody's, shown as text whatever it holds
 * @param source from where
 */
public record Fact(String text, Source source) {}
