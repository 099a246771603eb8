package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.text.CommandName;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Messages name the commands that there are. */
class CommandNameTest {

  private static Stream<String> names(CommandLine command, String before) {
    return command.getSubcommands().entrySet().stream()
        .flatMap(
            below -> {
              String name = before + below.getKey();
              return below.getValue().getSubcommands().isEmpty()
                  ? Stream.of(name)
                  : names(below.getValue(), name + " ");
            });
  }

  @Test
  void names_areThoseOfTheCommands() {
    assertThat(names(new CommandLine(new Main()), ""))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(CommandName.values()).map(CommandName::toString).toList());
  }
}
