package dev.lanekeeper.starter;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.lanekeeper.files.FaultText;
import org.junit.jupiter.api.Test;

/** The arrows between the modules, and what workflow code may not call. */
class ArchitectureTest {

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.lanekeeper");

  private static final String[] WORKFLOWS = {
    "dev.lanekeeper.canonical..",
    "dev.lanekeeper.text..",
    "dev.lanekeeper.verdict..",
    "dev.lanekeeper.lane..",
    "dev.lanekeeper.workflow..",
    "dev.lanekeeper.client..",
    "dev.lanekeeper.signature..",
    "dev.lanekeeper.authority.."
  };

  private static final String[] ACTIVITIES = {
    "dev.lanekeeper.kb..",
    "dev.lanekeeper.evidence..",
    "dev.lanekeeper.files..",
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
    "dev.lanekeeper.rehearsal..",
    "dev.lanekeeper.seal.."
  };

  @Test
  void arrows_pointOneWay() {
    ArchRule rule =
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
    rule.check(PRODUCT);
  }

  @Test
  void workflows_dependOnTemporalJacksonAndSlf4jOnly() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(WORKFLOWS)
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(
                "dev.lanekeeper..",
                "java..",
                "io.temporal..",
                // Deadlines and status codes of Temporal's calls are gRPC's.
                "io.grpc..",
                "com.fasterxml.jackson..",
                "org.yaml.snakeyaml..",
                "com.google.protobuf..",
                "org.slf4j..");
    rule.check(PRODUCT);
  }

  @Test
  void workflowCode_isDeterministic() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("dev.lanekeeper.workflow..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio..", "java.net..", "java.util.concurrent..")
            .orShould()
            .dependOnClassesThat(
                JavaClass.Predicates.resideInAPackage("java.io..")
                    .and(
                        DescribedPredicate.not(
                            JavaClass.Predicates.assignableTo(java.io.IOException.class)))
                    .and(
                        DescribedPredicate.not(
                            JavaClass.Predicates.type(java.io.Serializable.class))))
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
    rule.check(PRODUCT);
  }

  @Test
  void staticState_isFinal() {
    ArchRule rule =
        fields()
            .that()
            .areStatic()
            .and()
            .doNotHaveModifier(JavaModifier.SYNTHETIC)
            .should()
            .beFinal();
    rule.check(PRODUCT);
  }

  @Test
  void pureRules_doNoInputOrOutput() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(
                "dev.lanekeeper.gate..", "dev.lanekeeper.review..", "dev.lanekeeper.text..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.io..", "java.nio..", "dev.lanekeeper.kb..");
    rule.check(PRODUCT);
  }

  /**
   * Files are opened by one package, which cannot leave its root; a path is only a value. The dev
   * server's output is the exception: the JDK wants a {@code File} for where a process writes.
   */
  @Test
  void files_areOpenedInOneWayOnly() {
    DescribedPredicate<JavaClass> filesApi =
        JavaClass.Predicates.type(java.nio.file.Files.class)
            .or(JavaClass.Predicates.type(java.io.File.class))
            .or(JavaClass.Predicates.assignableTo(java.io.RandomAccessFile.class))
            .or(JavaClass.Predicates.assignableTo(java.io.FileInputStream.class))
            .or(JavaClass.Predicates.assignableTo(java.io.FileOutputStream.class))
            .or(JavaClass.Predicates.assignableTo(java.io.FileReader.class))
            .or(JavaClass.Predicates.assignableTo(java.io.FileWriter.class))
            .or(JavaClass.Predicates.assignableTo(java.nio.file.FileSystem.class))
            .or(JavaClass.Predicates.resideInAPackage("java.nio.file.spi.."));
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(ACTIVITIES)
            .or()
            .resideInAnyPackage("dev.lanekeeper.worker..", "dev.lanekeeper.starter..")
            .should()
            .dependOnClassesThat(filesApi)
            .orShould()
            .callMethodWhere(
                DescribedPredicate.describe(
                    "opens a channel",
                    call ->
                        call.getTargetOwner().isAssignableTo(java.nio.channels.FileChannel.class)
                            && call.getName().equals("open")))
            .because("use dev.lanekeeper.files.Root or Named instead");
    rule.check(
        PRODUCT.that(
            DescribedPredicate.not(
                JavaClass.Predicates.resideInAPackage("dev.lanekeeper.files..")
                    .or(JavaClass.Predicates.simpleName("DevServer")))));
  }

  /** What stages find goes into signed evidence, which names no place of the machine. */
  @Test
  void faults_areQuotedInEvidence_withoutAPlace() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(ACTIVITIES)
            .should()
            .callMethod(FaultText.class, "of", Throwable.class)
            .because("use FaultText.withoutPlace instead");
    rule.check(
        PRODUCT.that(
            DescribedPredicate.not(
                // What these say holds a lane, and is for its operator.
                JavaClass.Predicates.resideInAnyPackage(
                    "dev.lanekeeper.files..", "dev.lanekeeper.stage.."))));
  }
}
