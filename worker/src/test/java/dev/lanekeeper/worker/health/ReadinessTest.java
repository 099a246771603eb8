package dev.lanekeeper.worker.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When a worker says that it can take work. */
class ReadinessTest {

  private final AtomicLong now = new AtomicLong();

  private Readiness readiness(Duration patience) {
    return new Readiness(now::get, Duration.ofSeconds(1), patience);
  }

  private static Check answers(String name) {
    return new Check(name, () -> {});
  }

  private static Check fails(String name) {
    return new Check(
        name,
        () -> {
          throw new IOException("gone");
        });
  }

  @Test
  void worker_isReady_onlyWhileItRunsAndAllAnswers() {
    try (Readiness readiness = readiness(Duration.ofMinutes(1))) {
      assertThat(readiness.report().ready()).as("before the start").isFalse();
      readiness.running(List.of(answers("a"), answers("b")));
      assertThat(readiness.report().ready()).isTrue();
      readiness.draining();
      assertThat(readiness.report().ready()).as("while it drains").isFalse();
      assertThat(readiness.report().findings()).allMatch(f -> f.problem().isEmpty());
    }
  }

  @Test
  void check_thatFails_isNamed() {
    try (Readiness readiness = readiness(Duration.ofMinutes(1))) {
      readiness.running(List.of(answers("a"), fails("b")));
      Readiness.Report report = readiness.report();
      assertThat(report.ready()).isFalse();
      assertThat(report.findings().get(0).problem()).isEmpty();
      assertThat(report.findings().get(1).name()).isEqualTo("b");
      assertThat(report.findings().get(1).problem()).contains("gone");
    }
  }

  @Test
  void findings_countForASecond_andNotLonger() {
    AtomicInteger asked = new AtomicInteger();
    try (Readiness readiness = readiness(Duration.ofMinutes(1))) {
      readiness.running(List.of(new Check("a", asked::incrementAndGet)));
      readiness.report();
      now.addAndGet(Duration.ofMillis(999).toNanos());
      readiness.report();
      assertThat(asked).hasValue(1);
      now.addAndGet(Duration.ofMillis(1).toNanos());
      readiness.report();
      assertThat(asked).hasValue(2);
    }
  }

  @Test
  void check_thatHangs_doesNotAnswer_andIsAskedOnce() {
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch never = new CountDownLatch(1);
    try (Readiness readiness = readiness(Duration.ofMillis(50))) {
      readiness.running(
          List.of(
              new Check(
                  "slow",
                  () -> {
                    asked.incrementAndGet();
                    never.await();
                  }),
              answers("quick")));
      for (int i = 0; i < 3; i++) {
        Readiness.Report report = readiness.report();
        assertThat(report.findings().get(0).problem()).contains("no answer within 50 ms");
        now.addAndGet(Duration.ofSeconds(2).toNanos());
      }
      assertThat(asked).hasValue(1);
    }
  }
}
