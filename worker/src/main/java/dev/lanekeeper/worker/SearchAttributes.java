package dev.lanekeeper.worker;

import dev.lanekeeper.workflow.LaneAttributes;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.operatorservice.v1.AddSearchAttributesRequest;
import io.temporal.api.operatorservice.v1.ListSearchAttributesRequest;
import io.temporal.serviceclient.OperatorServiceStubs;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The search attributes of lanes on a server. */
public final class SearchAttributes {

  private SearchAttributes() {}

  /**
   * Registers them in a namespace; those that are there already change nothing.
   *
   * @return why they are not registered, in the server's words; empty when they are
   */
  public static Optional<String> register(OperatorServiceStubs operator, String namespace) {
    if (registered(operator, namespace)) {
      return Optional.empty();
    }
    try {
      AddSearchAttributesRequest.Builder request =
          AddSearchAttributesRequest.newBuilder().setNamespace(namespace);
      for (String name : names()) {
        request.putSearchAttributes(name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD);
      }
      operator.blockingStub().addSearchAttributes(request.build());
      return Optional.empty();
    } catch (StatusRuntimeException e) {
      return switch (e.getStatus().getCode()) {
        case ALREADY_EXISTS -> Optional.empty();
        case UNAVAILABLE, DEADLINE_EXCEEDED -> throw e;
        default -> Optional.of(e.getStatus().getCode() + ": " + e.getStatus().getDescription());
      };
    }
  }

  private static boolean registered(OperatorServiceStubs operator, String namespace) {
    try {
      return operator
          .blockingStub()
          .listSearchAttributes(
              ListSearchAttributesRequest.newBuilder().setNamespace(namespace).build())
          .getCustomAttributesMap()
          .keySet()
          .containsAll(names());
    } catch (StatusRuntimeException e) {
      // The embedded engine lists none, and a server may allow less to read than to write.
      return false;
    }
  }

  /** Their names. */
  public static Set<String> names() {
    return new TreeSet<>(LaneAttributes.names());
  }

  /** The command that registers them. */
  public static String command(String address, String namespace) {
    StringBuilder command =
        new StringBuilder("temporal operator search-attribute create --address ")
            .append(address)
            .append(" --namespace ")
            .append(namespace);
    names().forEach(name -> command.append(" --name ").append(name).append(" --type Keyword"));
    return command.toString();
  }
}
