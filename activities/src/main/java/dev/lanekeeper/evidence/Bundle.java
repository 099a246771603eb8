package dev.lanekeeper.evidence;

import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Plan;
import java.util.NavigableMap;

/**
 * A plan with all the bytes that it names.
 *
 * @param plan the plan
 * @param files the bytes by their path in the lane's folder
 */
public record Bundle(Plan plan, NavigableMap<KbPath, byte[]> files) {}
