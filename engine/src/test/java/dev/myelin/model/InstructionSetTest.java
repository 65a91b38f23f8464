package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.Isa;
import dev.myelin.testing.ChildJvm;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomModel.TypeMix;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares logits with libllama's for the kernels of each instruction set of this machine. */
class InstructionSetTest {
  private static final double BOUND = 1e-3;

  @TempDir static Path folder;

  private static String vocabulary;
  private static List<Path> files;

  @BeforeAll
  static void writeFiles() {
    Logits.requireOracle();
    RandomModel model = RandomModel.small("llama").withShape(Shape.SMALL.withLayers(1));
    vocabulary = Integer.toString(model.shape().vocabulary());
    TypeMix mixed = TypeMix.mixed(GgmlType.Q4_K, GgmlType.Q6_K);
    files =
        List.of(
            model.withType(GgmlType.Q4_0).write(folder.resolve("q4_0.gguf")),
            model.withType(GgmlType.Q8_0).write(folder.resolve("q8_0.gguf")),
            model.withType(GgmlType.Q2_K).write(folder.resolve("q2_K.gguf")),
            model.withType(GgmlType.F32).write(folder.resolve("f32.gguf")),
            model.withType(GgmlType.F16).write(folder.resolve("f16.gguf")),
            model.withType(GgmlType.BF16).write(folder.resolve("bf16.gguf")),
            model.withTypes(mixed).write(folder.resolve("q4_K.gguf")));
  }

  static List<String> instructionSets() {
    return Isa.names();
  }

  @ParameterizedTest
  @MethodSource("instructionSets")
  void matchesLibllamaLogits(String name) throws Exception {
    Object[] arguments = Stream.concat(Stream.of(vocabulary), files.stream()).toArray();
    List<String> output =
        ChildJvm.run(
                Map.of("MYELIN_ISA", name), InstructionSetProbe.class, 60, List.of(), arguments)
            .lines()
            .toList();
    assertThat(output.getFirst()).isEqualTo(name.equals("none") ? "" : name);
    assertThat(output).hasSize(1 + files.size());
    for (String line : output.subList(1, output.size())) {
      for (String nmse : line.split(" ")) {
        assertThat(Double.parseDouble(nmse)).as(name + ": " + output).isLessThan(BOUND);
      }
    }
    System.out.println("oracle: " + name + ": " + output);
  }
}
