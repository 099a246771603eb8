package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.Verdict;
import java.util.Optional;

/**
 * What a stage concluded.
 *
 * @param stage the stage
 * @param verdict its verdict
 * @param evidence the digest of the evidence that it wrote; absent when it could write none
 * @param note a few words for people
 */
public record StageResult(Stage stage, Verdict verdict, Optional<Digest> evidence, String note) {}
