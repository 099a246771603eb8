package dev.lanekeeper.s5publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.kb.Document;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.s6addenda.S6PublishAddendaActivity;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.testkit.Readers;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.workflow.PublishPass;
import dev.lanekeeper.workflow.StageCall;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A publication counts when a fresh reader sees it. */
final class PublisherTest {

  @TempDir private Path folder;

  private static StageEnvironment reading(
      StageBench bench, UnaryOperator<Optional<Document>> change) {
    return bench.executor(
        () -> Readers.reading(bench.executor().freshReader().open(), change),
        bench.executor().evidence());
  }

  @Test
  void publication_thatReadsBack_passes() throws Exception {
    StageBench bench = new StageBench(folder.resolve("home"));
    StageEnvironment faithful = reading(bench, UnaryOperator.identity());
    assertThat(bench.publishPrimary(bench.call(bench.preflight()), faithful).verdict().passed())
        .isTrue();
  }

  @Test
  void publication_thatDoesNotReadBack_isAFault() throws Exception {
    StageBench bench = new StageBench(folder.resolve("home"));
    StageEnvironment blind = reading(bench, document -> Optional.empty());
    assertThatThrownBy(() -> bench.publishPrimary(bench.call(bench.preflight()), blind))
        .hasStackTraceContaining("read back ABSENT");
  }

  @Test
  void addenda_whoseIdSomebodyUsedMeanwhile_areRefused() throws Exception {
    StageBench bench = new StageBench(folder.resolve("home"));
    StageCall call = bench.call(bench.preflight());
    PublishPass primary = new PublishPass(bench.publishPrimary(call, bench.executor()));
    Lane.Reservation r = bench.lane().plan().spec().reservations().get(0);
    Files.writeString(bench.file(new KbPath("foreign.md")), r.prefix() + r.from());
    assertThat(
            new S6PublishAddendaActivity(bench.executor())
                .publish(call, primary)
                .verdict()
                .render())
        .isEqualTo("ID_IN_USE:" + r.prefix() + r.from());
    assertThat(bench.file(bench.lane().change(r.addendum()).path())).doesNotExist();
  }
}
