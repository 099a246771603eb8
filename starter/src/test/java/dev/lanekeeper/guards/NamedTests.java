package dev.lanekeeper.guards;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs tests in a JVM of their own, up to the first that fails. Exit codes: 0 all passed, 10 one
 * failed; any other is an error, such as a name that is no test, or a class that cannot be loaded.
 */
final class NamedTests {

  static final int PASSED = 0;
  static final int FAILED = 10;
  private static final int NOT_LOADED = 11;

  private NamedTests() {}

  /** Runs tests: each {@code whole.name.of.Class} or {@code whole.name.of.Class#method}. */
  public static void main(String[] tests) throws ClassNotFoundException {
    List<DiscoverySelector> selected = new ArrayList<>();
    for (String test : tests) {
      selected.addAll(selectors(test));
    }
    Watch watch = new Watch();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selected)
                .configurationParameter(
                    "junit.jupiter.execution.timeout.testable.method.default", "90 s")
                .configurationParameter(
                    "junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD")
                .build(),
            watch);
    if (watch.passed == 0) {
      throw new IllegalArgumentException("no test ran: " + List.of(tests));
    }
    // Threads that a test has left behind keep nobody waiting.
    Runtime.getRuntime().halt(PASSED);
  }

  private static List<DiscoverySelector> selectors(String test) throws ClassNotFoundException {
    String[] parts = test.split("#", 2);
    Class<?> type = Class.forName(parts[0]);
    if (parts.length == 1) {
      return List.of(DiscoverySelectors.selectClass(type));
    }
    String pattern = parts[1].replace("*", ".*");
    List<Method> methods =
        ReflectionSupport.findMethods(
            type,
            m -> m.getName().matches(pattern) && AnnotationSupport.isAnnotated(m, Testable.class),
            HierarchyTraversalMode.TOP_DOWN);
    if (methods.isEmpty()) {
      throw new IllegalArgumentException("expected a test " + test);
    }
    List<DiscoverySelector> selected = new ArrayList<>();
    methods.forEach(m -> selected.add(DiscoverySelectors.selectMethod(type, m)));
    return selected;
  }

  private static final class Watch implements TestExecutionListener {
    private int passed;

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
        System.out.println("FAILED " + test.getDisplayName());
        result.getThrowable().ifPresent(thrown -> thrown.printStackTrace(System.out));
        System.out.flush();
        Runtime.getRuntime()
            .halt(result.getThrowable().filter(Watch::notLoaded).isPresent() ? NOT_LOADED : FAILED);
      }
      if (test.isTest()) {
        passed++;
      }
    }

    /** A patch that makes no class is no guard that was taken out. */
    private static boolean notLoaded(Throwable thrown) {
      return (thrown instanceof LinkageError && !(thrown instanceof ExceptionInInitializerError))
          || (thrown.getCause() != null && notLoaded(thrown.getCause()));
    }
  }
}
