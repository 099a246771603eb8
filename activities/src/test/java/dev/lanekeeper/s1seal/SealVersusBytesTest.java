package dev.lanekeeper.s1seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.StageCall;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S1 compares bytes, and believes no store that says they have the digest asked for. */
final class SealVersusBytesTest {

  @TempDir private Path folder;
  private StageBench bench;

  @BeforeEach
  void prepare() throws Exception {
    bench = new StageBench(folder.resolve("home"));
  }

  /** A store that hands out other bytes under one digest. */
  private static EvidenceStore lying(EvidenceStore real, Digest about) {
    return (EvidenceStore)
        Proxy.newProxyInstance(
            EvidenceStore.class.getClassLoader(),
            new Class<?>[] {EvidenceStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("get") && arguments[0].equals(about)) {
                return "{\"other\": \"bytes\"}".getBytes(StandardCharsets.UTF_8);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private Verdict withOtherBytes(KbPath file) {
    EvidenceStore store = bench.executor().evidence();
    var executor =
        bench.executor(
            bench.executor().freshReader(), lying(store, bench.lane().plan().files().get(file)));
    return new S1SealVersusBytesActivity(executor).recheck(bench.call(bench.preflight())).verdict();
  }

  @Test
  void bytes_asGranted_pass() {
    assertThat(
            new S1SealVersusBytesActivity(bench.executor())
                .recheck(bench.call(bench.preflight()))
                .verdict()
                .render())
        .isEqualTo("PASS");
  }

  @Test
  void document_thatIsNotTheGrantedOne_isRefused() {
    for (Lane.Change change : bench.lane().plan().spec().changes()) {
      assertThat(withOtherBytes(change.source()).render())
          .isEqualTo("DOCUMENT_DIGEST_MISMATCH:" + change.path());
    }
  }

  @Test
  void seal_overOtherBytes_isRefused() {
    int seals = 0;
    for (Lane.Input input : bench.lane().plan().spec().inputs()) {
      for (Lane.Assertion a : input.asserts()) {
        if (a.kind().equals("seal")) {
          assertThat(withOtherBytes(a.file().orElseThrow()).passed()).as(a.toString()).isFalse();
          seals++;
        }
      }
    }
    assertThat(seals).isPositive();
  }

  @Test
  void stage_underAnotherGrant_isRefusedBeforeItWorks() throws Exception {
    StageCall call = bench.call(bench.preflight());
    Digest forged =
        bench
            .executor()
            .evidence()
            .putGrant(bench.lane().grant().sign(SigningKey.generate()).bytes());
    for (Digest grant : List.of(Digest.of("no such grant"), forged)) {
      StageCall other =
          new StageCall(call.lane(), call.kbId(), call.round(), call.planDigest(), grant);
      assertThat(new S1SealVersusBytesActivity(bench.executor()).recheck(other).verdict().render())
          .startsWith("GRANT_");
    }
  }
}
