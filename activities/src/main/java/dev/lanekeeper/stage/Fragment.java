package dev.lanekeeper.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.verdict.Verdict;
import java.util.Map;

/**
 * What a stage found: its verdict and its evidence files.
 *
 * @param verdict the verdict
 * @param files the packet files that it wrote whole, by name
 * @param subjects further digests that the stage's statement names
 * @param note a few words for people
 */
public record Fragment(
    Verdict verdict, Map<String, ObjectNode> files, Map<String, Digest> subjects, String note) {}
