package dev.lanekeeper.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every evidence store must do; each adapter's test extends it. */
public abstract class EvidenceStoreContract {

  /** The lane of the packets. */
  protected static final LaneName LANE = new LaneName("fix7-p0");

  @TempDir private Path scratch;
  private EvidenceStore store;

  /** Another handle on the same store, as another process would have; empty at first. */
  protected abstract EvidenceStore open() throws Exception;

  /** Changes stored bytes past the port. */
  protected abstract void tamper(Digest blob, byte[] bytes) throws Exception;

  /** Removes stored bytes past the port. */
  protected abstract void remove(Digest blob) throws Exception;

  /** Lets enough time pass for the store to tell an older entry from a newer. */
  protected abstract void age(Digest grant, int seconds) throws Exception;

  /** Which run is marked as the newest of the lane. */
  protected abstract String latest() throws Exception;

  @BeforeEach
  void prepare() throws Exception {
    store = open();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void blob_isReadBackByItsDigestInEveryHandle() throws Exception {
    Digest digest = store.put(bytes("evidence"));
    assertThat(digest).isEqualTo(Digest.of("evidence"));
    assertThat(open().get(digest)).isEqualTo(bytes("evidence"));
    assertThat(store.put(bytes("evidence"))).as("again").isEqualTo(digest);
    assertThat(store.get(store.put(new byte[0]))).isEmpty();
  }

  @Test
  void blob_changedOnDisk_isNoticed() throws Exception {
    Digest digest = store.put(bytes("evidence"));
    tamper(digest, bytes("Evidence"));
    assertThatThrownBy(() -> store.get(digest))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(digest.hex());
  }

  @Test
  void blob_thatIsMissing_isAFault() throws Exception {
    assertThatThrownBy(() -> store.get(Digest.of("never"))).isInstanceOf(IOException.class);
    Digest digest = store.put(bytes("evidence"));
    remove(digest);
    assertThatThrownBy(() -> store.get(digest)).isInstanceOf(IOException.class);
    assertThat(store.get(store.put(bytes("evidence")))).isEqualTo(bytes("evidence"));
  }

  @Test
  void bundle_isWhatItsLanesNameMeans_untilAnotherIs() throws Exception {
    assertThat(store.plan(LANE)).isEmpty();
    Bundle bundle = LaneFolder.read(TestLane.FIX7);
    store.putBundle(bundle);
    assertThat(open().plan(LANE).orElseThrow().digest()).isEqualTo(bundle.plan().digest());
    for (Digest file : bundle.plan().files().values()) {
      assertThat(Digest.of(store.get(file))).isEqualTo(file);
    }
    Bundle other =
        EditedLane.copyOf(TestLane.FIX7, scratch.resolve("lane"))
            .edit("date: \"2026-06-12\"", "date: \"2026-06-13\"")
            .bundle();
    store.putBundle(other);
    assertThat(open().plan(LANE).orElseThrow().digest()).isEqualTo(other.plan().digest());
    assertThat(store.get(bundle.plan().digest())).as("the older one stays").isNotEmpty();
  }

  @Test
  void bundle_whosePlanChangedOnDisk_isNoticed() throws Exception {
    Bundle bundle = LaneFolder.read(TestLane.FIX7);
    store.putBundle(bundle);
    byte[] plan = bundle.plan().bytes();
    plan[plan.length - 2] ^= 1;
    tamper(bundle.plan().digest(), plan);
    assertThatThrownBy(() -> store.plan(LANE)).isInstanceOf(IOException.class);
  }

  @Test
  void grants_areListedNewestFirst() throws Exception {
    assertThat(store.grants()).isEmpty();
    Digest first = store.putGrant(bytes("first"));
    Digest second = store.putGrant(bytes("second"));
    Digest third = store.putGrant(bytes("third"));
    age(first, 20);
    age(second, 40);
    age(third, 30);
    assertThat(open().grants()).containsExactly(first, third, second);
    assertThat(store.grant(second))
        .hasValueSatisfying(b -> assertThat(b).isEqualTo(bytes("second")));
    assertThat(store.grant(Digest.of("never"))).isEmpty();
  }

  @Test
  void grant_thatAnEditorTouched_isStoredInItsOwnForm() throws Exception {
    byte[] signed = Envelope.sign("text/plain", bytes("yes"), SigningKey.generate()).bytes();
    Digest digest = store.putGrant(Json.pretty(Json.parse(signed)));
    assertThat(digest).isEqualTo(Digest.of(signed));
    assertThat(store.grant(digest)).hasValueSatisfying(b -> assertThat(b).isEqualTo(signed));
  }

  private static Map<String, byte[]> packet(String text) {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("RERUN.sh", bytes("#!/bin/sh\n"));
    files.put("data/documents/a/b.md", bytes(text));
    files.put("data/lane.json", bytes("{}"));
    return files;
  }

  @Test
  void packet_isStoredWhole_andNothingElseIsInIt() throws Exception {
    String location = store.putPacket(LANE, "run", packet("one"));
    assertThat(open().packet(location)).usingRecursiveComparison().isEqualTo(packet("one"));
  }

  @Test
  void packet_storedAgain_hasNothingOfTheOlderOne() throws Exception {
    Map<String, byte[]> older = packet("one");
    older.put("data/older.json", bytes("{}"));
    store.putPacket(LANE, "run", older);
    String location = store.putPacket(LANE, "run", packet("two"));
    assertThat(open().packet(location)).usingRecursiveComparison().isEqualTo(packet("two"));
  }

  @Test
  void packets_ofTwoRuns_standSideBySide() throws Exception {
    String one = store.putPacket(LANE, "one", packet("one"));
    String two = store.putPacket(LANE, "two", packet("two"));
    assertThat(store.packet(one)).usingRecursiveComparison().isEqualTo(packet("one"));
    assertThat(store.packet(two)).usingRecursiveComparison().isEqualTo(packet("two"));
  }

  @Test
  void latest_movesToTheRunThatWasPutLast() throws Exception {
    store.putBeside(LANE, "one", Map.of("report.md", bytes("1")));
    assertThat(latest()).isEqualTo("one");
    store.putBeside(LANE, "two", Map.of("report.md", bytes("2")));
    assertThat(latest()).isEqualTo("two");
  }
}
