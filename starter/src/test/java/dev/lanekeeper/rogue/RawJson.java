package dev.lanekeeper.rogue;

import com.google.protobuf.ByteString;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.RawValue;

/** Text that is sent as JSON, whether it is any or not. */
public final class RawJson {

  /** Stands for a text of so many bytes, which is made where it is sent. */
  private static final String MEGABYTE = "@megabyte";

  private RawJson() {}

  /** A JSON string that is a megabyte long. */
  public static String megabyte() {
    return "\"" + MEGABYTE + "\"";
  }

  static Payload payload(String json) {
    return Payload.newBuilder()
        .putMetadata("encoding", ByteString.copyFromUtf8("json/plain"))
        .setData(ByteString.copyFromUtf8(json.replace(MEGABYTE, "m".repeat(1_000_000))))
        .build();
  }

  static RawValue of(String json) {
    return new RawValue(payload(json));
  }
}
