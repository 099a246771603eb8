package dev.lanekeeper.starter;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.lane.KbPath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Documents that stand in a knowledge base before any lane. */
final class InitialDocuments {

  private InitialDocuments() {}

  /** Adds each file of a folder at its path; returns how many were not there yet. */
  static int add(KnowledgeBase kb, Path folder) throws IOException {
    int added = 0;
    for (Map.Entry<String, byte[]> file : FileTree.read(folder).entrySet()) {
      added += kb.addInitial(new KbPath(file.getKey()), 1, file.getValue()) ? 1 : 0;
    }
    return added;
  }
}
