package dev.lanekeeper.starter;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the modules, and what workflow code may not call. */
@AnalyzeClasses(packages = "dev.lanekeeper", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String[] WORKFLOWS = {
    "dev.lanekeeper.canonical..",
    "dev.lanekeeper.verdict..",
    "dev.lanekeeper.lane..",
    "dev.lanekeeper.workflow..",
    "dev.lanekeeper.client.."
  };

  private static final String[] ACTIVITIES = {
    "dev.lanekeeper.kb..",
    "dev.lanekeeper.evidence..",
    "dev.lanekeeper.grant..",
    "dev.lanekeeper.gate..",
    "dev.lanekeeper.scope..",
    "dev.lanekeeper.governance..",
    "dev.lanekeeper.review..",
    "dev.lanekeeper.report..",
    "dev.lanekeeper.packet..",
    "dev.lanekeeper.stage..",
    "dev.lanekeeper.s0preflight..",
    "dev.lanekeeper.s1seal..",
    "dev.lanekeeper.s2staging..",
    "dev.lanekeeper.s3gate..",
    "dev.lanekeeper.s4probes..",
    "dev.lanekeeper.s5publish..",
    "dev.lanekeeper.s6addenda..",
    "dev.lanekeeper.s7review..",
    "dev.lanekeeper.rollback..",
    "dev.lanekeeper.seal.."
  };

  @ArchTest
  static final ArchRule ARROWS_POINT_ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("workflows")
          .definedBy(WORKFLOWS)
          .layer("activities")
          .definedBy(ACTIVITIES)
          .layer("worker")
          .definedBy("dev.lanekeeper.worker..")
          .layer("starter")
          .definedBy("dev.lanekeeper.starter..")
          .whereLayer("starter")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("worker")
          .mayOnlyBeAccessedByLayers("starter")
          .whereLayer("activities")
          .mayOnlyBeAccessedByLayers("starter", "worker")
          .ensureAllClassesAreContainedInArchitectureIgnoring("dev.lanekeeper.test..");

  @ArchTest
  static final ArchRule WORKFLOWS_DEPEND_ON_TEMPORAL_JACKSON_AND_SLF4J_ONLY =
      noClasses()
          .that()
          .resideInAnyPackage(WORKFLOWS)
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "dev.lanekeeper..",
              "java..",
              "io.temporal..",
              "com.fasterxml.jackson..",
              "org.yaml.snakeyaml..",
              "com.google.protobuf..",
              "org.slf4j..");

  @ArchTest
  static final ArchRule WORKFLOW_CODE_IS_DETERMINISTIC =
      noClasses()
          .that()
          .resideInAPackage("dev.lanekeeper.workflow..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.io..", "java.nio..", "java.net..", "java.util.concurrent..")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.Thread")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.Random")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(java.util.UUID.class, "randomUUID")
          .orShould()
          .callMethod(java.time.Instant.class, "now")
          .because("use Workflow.currentTimeMillis, Workflow.newRandom, Workflow.sleep instead");

  @ArchTest
  static final ArchRule NO_MUTABLE_STATIC_STATE =
      fields()
          .that()
          .areStatic()
          .and()
          .doNotHaveModifier(JavaModifier.SYNTHETIC)
          .should()
          .beFinal();

  @ArchTest
  static final ArchRule PURE_RULES_DO_NO_INPUT_OR_OUTPUT =
      noClasses()
          .that()
          .resideInAnyPackage("dev.lanekeeper.gate..", "dev.lanekeeper.review..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.io..", "java.nio..", "dev.lanekeeper.kb..");
}
