package dev.lanekeeper.testkit;

import dev.lanekeeper.verdict.RejectCode;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The codes that a test's fixture comes close to and must not trigger. {@code CodeCoverageTest}
 * reads it.
 */
@Documented
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.METHOD)
public @interface NearMiss {
  /** The codes. */
  RejectCode[] value();
}
