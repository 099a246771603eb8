package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.worker.HomeException;
import dev.lanekeeper.worker.KeyFileException;
import dev.lanekeeper.worker.RemovedKeyException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What commands have in common: one way to fail, and one way to say so. */
abstract class LaneCommand implements Callable<Integer> {

  /** How many characters a name or a reason has at most. */
  static final int NAME = 200;

  @Spec private CommandSpec spec;
  @Mixin private Common common;
  private boolean wrote;

  Common common() {
    return common;
  }

  PrintWriter out() {
    wrote = true;
    return spec.commandLine().getOut();
  }

  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Prints a line for people, one whatever it quotes; nothing with {@code --json}. */
  void say(String text) {
    if (!common.json()) {
      out().println(TerminalText.line(text));
    }
  }

  /** Prints a text of several lines. */
  final void sayLines(String text) {
    text.lines().forEach(this::say);
  }

  /** Prints a line on standard error, one whatever it quotes. */
  final void warn(String text) {
    err().println(TerminalText.line(text));
  }

  /** Prints what a command found as one JSON object. */
  final void print(ObjectNode found) {
    found.put("formatVersion", 1);
    out().println(new String(Json.pretty(found), StandardCharsets.UTF_8).stripTrailing());
  }

  /** Prints an answer where it is asked for; returns its exit code. */
  final int print(Answer answer) {
    if (common.json()) {
      out().println(answer.text());
    }
    return answer.exitCode();
  }

  /** What the command is about, for its answer. */
  abstract String subject();

  /** The same command again, with every word of it, to copy. */
  final String again() {
    List<String> words = spec.root().commandLine().getParseResult().originalArgs();
    return Shell.lanekeeper(words.toArray(new String[0]));
  }

  /** The command's name. */
  final String ownName() {
    return spec.name();
  }

  /** How the command is used, to copy. */
  final String help() {
    String name = spec.qualifiedName().replaceFirst("^lanekeeper ", "");
    return Shell.lanekeeper((name + " --help").split(" "));
  }

  /** An option whose value cannot be used. */
  final CommandFailure invalid(String option, String expected, Object found) {
    return new CommandFailure(
        ExitCode.USAGE,
        CommandCode.OPTION_INVALID,
        option,
        expected,
        found.toString(),
        "correct the option, or leave it out where it has a default",
        help());
  }

  /**
   * Words that are kept, and shown to others.
   *
   * @param most how many characters
   * @throws CommandFailure when they are none, too long, or not all seen in one line
   */
  final String words(String option, String text, int most) throws CommandFailure {
    int length = text.codePointCount(0, text.length());
    if (text.isBlank()) {
      throw invalid(option, "words", "none");
    }
    if (length > most) {
      throw invalid(option, "at most " + most + " characters", length + " characters");
    }
    if (!TerminalText.shows(text)) {
      throw invalid(option, "one line, each character of it seen", TerminalText.line(text));
    }
    return text;
  }

  abstract int perform() throws CommandFailure, IOException;

  @Override
  public Integer call() {
    if (common.verbose()) {
      Logs.toStandardError();
    }
    try {
      int code = perform();
      if (common.json() && !wrote) {
        String status = code == 0 ? "DONE" : "FAULT";
        out().println(new Answer(subject()).put("status", status).exit(code).text());
      }
      return code;
    } catch (CommandFailure failure) {
      return fail(failure);
    } catch (LaneException e) {
      if (common.verbose()) {
        err().print(Traces.of(e));
      }
      return fail(ServerFailure.of(e, this));
    } catch (RemovedKeyException e) {
      return fail(removed(e));
    } catch (KeyFileException e) {
      return fail(unusable(e));
    } catch (RefusedException e) {
      return fail(CommandFailure.of(e.reject(), again()));
    } catch (IOException | UncheckedIOException e) {
      if (common.verbose()) {
        err().print(Traces.of(e));
      }
      return fail(common.fault(asIo(e), subject(), again()));
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      if (common.verbose()) {
        err().print(Traces.of(e));
      }
      return fail(
          new CommandFailure(
              ExitCode.FAULT,
              CommandCode.FAULT,
              subject(),
              "the command to complete",
              FaultText.of(e),
              "run it again with -v, which shows where it happened",
              common.verbose() ? again() : again() + " -v"));
    }
  }

  private CommandFailure unusable(KeyFileException e) {
    return new CommandFailure(
        ExitCode.USAGE,
        e.missing() ? CommandCode.KEY_MISSING : CommandCode.KEY_INVALID,
        e.file(),
        e.expected(),
        e.found(),
        e.missing()
            ? "put the key's other file beside it, name another key, or make a new pair"
            : "name an Ed25519 key in PEM form without a password, as "
                + CommandName.KEY_NEW.quoted()
                + " and OpenSSL write them",
        again());
  }

  private CommandFailure removed(RemovedKeyException e) {
    Path keys;
    try {
      keys = common.homeFolder().resolve("keys");
    } catch (HomeException none) {
      return common.fault(none, subject(), again());
    }
    return new CommandFailure(
        ExitCode.USAGE,
        CommandCode.KEY_REMOVED,
        e.thumbprint(),
        "a key that this home trusts as " + e.role(),
        "one that was removed with " + CommandName.TRUST_REMOVE.quoted(),
        "move the key's two files away, so that a new pair is made, or trust it again",
        Shell.lanekeeper(
            common.with(
                CommandName.TRUST_ADD,
                keys.resolve(e.role() + ".pub").toString(),
                "--role",
                e.role())));
  }

  private static IOException asIo(Exception e) {
    return e instanceof UncheckedIOException unchecked ? unchecked.getCause() : (IOException) e;
  }

  private int fail(CommandFailure failure) {
    if (common.json()) {
      out().println(new Answer(subject()).failure(failure).text());
    }
    err().println(failure.text());
    return failure.exitCode();
  }

  /** Reads a lane's folder. */
  Bundle bundle(Path folder) throws CommandFailure, IOException {
    try {
      return LaneFolder.read(folder);
    } catch (InvalidLaneException e) {
      throw CommandFailure.of(e, Shell.lanekeeper(CommandName.VALIDATE, folder.toString()));
    }
  }
}
