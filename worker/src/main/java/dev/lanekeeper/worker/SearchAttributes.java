package dev.lanekeeper.worker;

import dev.lanekeeper.workflow.LaneAttributes;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.operatorservice.v1.AddSearchAttributesRequest;
import io.temporal.serviceclient.OperatorServiceStubs;
import java.util.Set;
import java.util.TreeSet;

/** The search attributes of lanes on a server. */
public final class SearchAttributes {

  private SearchAttributes() {}

  /**
   * Registers them in a namespace; those that are there already change nothing.
   *
   * @return false when the server does not let this process register any
   */
  public static boolean register(OperatorServiceStubs operator, String namespace) {
    try {
      AddSearchAttributesRequest.Builder request =
          AddSearchAttributesRequest.newBuilder().setNamespace(namespace);
      for (String name : names()) {
        request.putSearchAttributes(name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD);
      }
      operator.blockingStub().addSearchAttributes(request.build());
      return true;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.ALREADY_EXISTS) {
        return true;
      }
      if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED
          || e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        return false;
      }
      throw e;
    }
  }

  /** Their names. */
  public static Set<String> names() {
    return new TreeSet<>(LaneAttributes.names());
  }

  /** The command that registers them by hand. */
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
