package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.Verdict;

/**
 * Why a lane waits for a person.
 *
 * @param number the hold's number in this run, from 1; every update names it
 * @param stage the stage that refused
 * @param reject why
 * @param remedy what to do about it
 */
public record Hold(int number, Stage stage, Verdict.Reject reject, String remedy) {}
