package dev.lanekeeper.testkit;

import dev.lanekeeper.stage.StageEnvironment;
import java.lang.reflect.RecordComponent;
import java.util.Map;
import java.util.stream.Stream;

/** What stages see, with a part of it replaced. */
public final class Environments {

  private Environments() {}

  /**
   * The same environment with other parts.
   *
   * @param parts by the name of the record's component
   */
  public static StageEnvironment with(StageEnvironment environment, Map<String, ?> parts) {
    RecordComponent[] components = StageEnvironment.class.getRecordComponents();
    if (!Stream.of(components).map(RecordComponent::getName).toList().containsAll(parts.keySet())) {
      throw new IllegalArgumentException("no such parts of an environment: " + parts.keySet());
    }
    try {
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            parts.containsKey(components[i].getName())
                ? parts.get(components[i].getName())
                : components[i].getAccessor().invoke(environment);
      }
      return StageEnvironment.class
          .getDeclaredConstructor(
              Stream.of(components).map(RecordComponent::getType).toArray(Class[]::new))
          .newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
