package dev.lanekeeper.stage;

import dev.lanekeeper.files.FaultText;
import io.temporal.client.ActivityCompletionException;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptor;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.TemporalFailure;
import java.nio.file.FileSystemException;

/**
 * Says in words what an activity failed with, and of a fault of files which file: a lane's hold
 * shows it to a person, and a platform's own message is a bare path or the name of a class.
 */
public final class FaultWords extends WorkerInterceptorBase {

  @Override
  public ActivityInboundCallsInterceptor interceptActivity(ActivityInboundCallsInterceptor next) {
    return new ActivityInboundCallsInterceptorBase(next) {
      @Override
      public ActivityOutput execute(ActivityInput input) {
        try {
          return super.execute(input);
        } catch (TemporalFailure | ActivityCompletionException own) {
          throw own;
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError fault) {
          throw said(fault);
        }
      }
    };
  }

  /** The fault with words; its type tells faults of files and stores from all others. */
  static ApplicationFailure said(Throwable fault) {
    Throwable telling = FaultText.telling(fault);
    Class<?> type =
        telling instanceof FileSystemException ? FileSystemException.class : telling.getClass();
    return ApplicationFailure.newFailureWithCause(FaultText.of(fault), type.getName(), fault);
  }
}
