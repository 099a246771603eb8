package dev.lanekeeper.packet;

import org.junit.jupiter.api.Tag;

/** {@code RERUN.sh} and the verifier give the same answer to every packet of these tests. */
@Tag("full") // the script runs about a hundred times
final class PacketVerifierByScriptTest extends PacketVerifierTest {

  @Override
  boolean scriptIsAsked() {
    return true;
  }
}
