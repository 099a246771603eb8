package dev.lanekeeper.workflow;

import java.util.List;

/**
 * What {@code Rollback} did, one line a document, in the order done (the reverse of publication).
 *
 * @param complete whether every head is as it was before the lane, read afresh
 * @param outcomes one line a document
 */
public record WithdrawResult(boolean complete, List<String> outcomes) {}
