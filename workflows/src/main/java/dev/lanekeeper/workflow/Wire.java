package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.converter.DataConverter;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.JacksonJsonPayloadConverter;
import java.io.IOException;

/**
 * How lanes' values travel, the same for workers and clients whatever converter, naming or codec
 * the rest of a process uses. What is absent is left out, so that an older strict reader is not
 * shown a field that it does not know. A field that is not known here is skipped, and a code that
 * is not becomes {@link RejectCode#UNKNOWN}, so that an older client reads a newer worker.
 *
 * <p>What asks for something stays strict, by {@link Input}: half of a request is not what was
 * asked for.
 */
public final class Wire {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .addModule(
              new SimpleModule("codes").addDeserializer(Verdict.Reject.class, new Rejections()))
          .serializationInclusion(JsonInclude.Include.NON_ABSENT)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
          .build();

  private static final DataConverter CONVERTER =
      DefaultDataConverter.newDefaultInstance()
          .withPayloadConverterOverrides(new JacksonJsonPayloadConverter(MAPPER));

  private Wire() {}

  /** Writes and reads the values of lanes. */
  public static DataConverter converter() {
    return CONVERTER;
  }

  /** A client on the same connection that writes and reads the values of lanes. */
  public static WorkflowClient client(WorkflowClient any) {
    return WorkflowClient.newInstance(
        any.getWorkflowServiceStubs(),
        WorkflowClientOptions.newBuilder(any.getOptions())
            // A plugin has had its say already, and could put its own converter back.
            .setPlugins()
            .setDataConverter(CONVERTER)
            .build());
  }

  /** Keeps the text of a code that this release does not know. */
  private static final class Rejections extends StdDeserializer<Verdict.Reject> {

    private static final long serialVersionUID = 1L;

    Rejections() {
      super(Verdict.Reject.class);
    }

    @Override
    public Verdict.Reject deserialize(JsonParser in, DeserializationContext context)
        throws IOException {
      JsonNode read = context.readTree(in);
      String code = read.path("code").asText();
      String subject = read.path("subject").asText();
      String expected = read.path("expected").asText();
      String actual = read.path("actual").asText();
      return RejectCode.named(code)
          .map(known -> Verdict.reject(known, subject, expected, actual))
          .orElseGet(
              () ->
                  Verdict.reject(
                      RejectCode.UNKNOWN,
                      subject.isEmpty() ? code : code + ":" + subject,
                      expected,
                      actual));
    }
  }
}
