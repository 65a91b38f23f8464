package dev.myelin.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.error.MyelinException;
import dev.myelin.model.Model;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which module and which package may depend on which. */
class ArchitectureTest {
  private static JavaClasses all;

  @BeforeAll
  static void readClasses() throws Exception {
    List<Location> places =
        List.of(location(NativeLibraries.class), location(Model.class), location(Myelin.class));
    all =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludePackageInfos())
            .importLocations(places);
    assertThat(all).hasSizeGreaterThan(500);
  }

  /** A jar, or a folder of classes. */
  private static Location location(Class<?> type) throws Exception {
    URI uri = type.getProtectionDomain().getCodeSource().getLocation().toURI();
    return Location.of(uri.getPath().endsWith(".jar") ? URI.create("jar:" + uri + "!/") : uri);
  }

  private static DescribedPredicate<JavaClass> bindings() {
    return resideInAnyPackage("dev.myelin.bindings..").as("classes of bindings");
  }

  private static DescribedPredicate<JavaClass> cli() {
    return resideInAnyPackage("dev.myelin.cli..").as("classes of cli");
  }

  private static DescribedPredicate<JavaClass> engine() {
    return resideInAnyPackage("dev.myelin..")
        .and(not(bindings()))
        .and(not(cli()))
        .as("classes of the engine");
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.myelin.(**)").namingSlices("$1").should().beFreeOfCycles().check(all);
  }

  @Test
  void modulesDependOneWay() {
    noClasses().that(bindings()).should().dependOnClassesThat(engine().or(cli())).check(all);
    noClasses().that(engine()).should().dependOnClassesThat(cli()).check(all);
  }

  @Test
  void onlyTheEngineCallsGeneratedCode() {
    DescribedPredicate<JavaClass> generated =
        resideInAnyPackage(
            "dev.myelin.bindings.ggml..",
            "dev.myelin.bindings.kernels..",
            "dev.myelin.bindings.cuda..",
            "dev.myelin.bindings.llama..");
    noClasses().that(cli()).should().dependOnClassesThat(generated).check(all);
    noClasses()
        .that(engine())
        .and(
            not(
                resideInAnyPackage(
                    "dev.myelin.graph..", "dev.myelin.natives..", "dev.myelin.quantize..")))
        .should()
        .dependOnClassesThat(generated)
        .check(all);
  }

  @Test
  void onlyTheRegistryNamesArchitectures() {
    noClasses()
        .that(not(resideInAnyPackage("dev.myelin.model.architecture")))
        .and(
            not(
                describe(
                    "dev.myelin.model.Architectures",
                    c -> c.getName().equals("dev.myelin.model.Architectures"))))
        .should()
        .dependOnClassesThat(resideInAnyPackage("dev.myelin.model.architecture"))
        .check(all);
  }

  @Test
  void theEngineNeverUsesLibllama() {
    noClasses()
        .that(engine())
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("dev.myelin.bindings.llama..", "dev.myelin.bindings.peer.."))
        .check(all);
  }

  @Test
  void exceptionsOfTheEngineAreOneFamily() {
    classes()
        .that(engine())
        .and(not(resideInAnyPackage("dev.myelin.chat.template"))) // internal
        .and()
        .areAssignableTo(Throwable.class)
        .and()
        .arePublic()
        .should()
        .beAssignableTo(MyelinException.class)
        .check(all);
  }

  @Test
  void sharedPartsOfTheCommandDoNotDependOnCommands() {
    DescribedPredicate<JavaClass> shared =
        resideInAnyPackage("dev.myelin.cli.command", "dev.myelin.cli.io", "dev.myelin.cli.options");
    noClasses().that(shared).should().dependOnClassesThat(cli().and(not(shared))).check(all);
  }
}
