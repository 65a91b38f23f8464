package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.testing.RandomWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;

/**
 * Converts values from the smallest to the largest to types, with importances of every magnitude.
 * ggml aborts the process if it finds no grid point; no input may lead there.
 */
final class ExtremeValues {
  private static final int ROW = 512;
  private static final String NAME = "blk.0.ffn_up.weight";

  private ExtremeValues() {}

  /**
   * Converts all values to all types, in files of this folder, and asserts that more than these
   * numbers of files were written and rejected.
   */
  static void assertEnd(Path folder, List<GgmlType> types, int minWritten, int minRejected) {
    Path in = folder.resolve("in.gguf");
    Path out = folder.resolve("out.gguf");
    SplittableRandom random = new SplittableRandom(5);
    List<DoubleSupplier> distributions =
        List.of(
            () -> -1e-45,
            () -> random.nextGaussian(0, 1e-42),
            () -> random.nextGaussian(0, 1e-20),
            () -> random.nextGaussian(0, 2e5),
            () -> random.nextBoolean() ? 999_999 : -1e-38,
            () -> random.nextInt(50) == 0 ? random.nextGaussian(0, 1e5) : 0,
            () -> Math.scalb(random.nextGaussian(), random.nextInt(-149, 19)),
            () -> Math.scalb(random.nextGaussian(), random.nextInt(-149, 127)));
    List<DoubleSupplier> importances =
        List.of(
            () -> random.nextBoolean() ? 0 : 1e12,
            () -> Math.abs(Math.scalb(random.nextGaussian(), random.nextInt(-149, 37))));
    int written = 0;
    int rejected = 0;
    for (DoubleSupplier distribution : distributions) {
      write(in, distribution);
      for (GgmlType type : types) {
        for (int i = -1; i < importances.size(); i++) {
          if (convert(in, out, type, i < 0 ? null : importances.get(i))) {
            written++;
          } else {
            rejected++;
          }
        }
      }
    }
    System.out.println("extreme values: " + written + " written, " + rejected + " rejected");
    assertThat(written).isGreaterThan(minWritten);
    assertThat(rejected).isGreaterThan(minRejected);
  }

  private static void write(Path in, DoubleSupplier distribution) {
    float[] values = new float[2 * ROW];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) distribution.getAsDouble();
    }
    new GgufWriter()
        .put("general.architecture", "llama")
        .put("llama.block_count", 1)
        .tensor(
            NAME,
            GgmlType.F32,
            new long[] {ROW, 2},
            RandomWeights.quantize(GgmlType.F32, values, ROW))
        .write(in);
  }

  private static boolean convert(Path in, Path out, GgmlType type, DoubleSupplier importance) {
    QuantizeOptions options =
        QuantizeOptions.of(Mixes.named("Q4_0").orElseThrow())
            .withThreads(1)
            .withOverrides(List.of(TypeOverride.of("ffn_up=" + type.ggmlName())));
    if (importance != null) {
      float[] sums = new float[ROW];
      for (int i = 0; i < ROW; i++) {
        sums[i] = (float) Math.min(1e12, importance.getAsDouble());
      }
      TreeMap<String, ImportanceMatrix.Entry> entries = new TreeMap<>();
      entries.put(NAME, new ImportanceMatrix.Entry(sums, new long[] {1}));
      options = options.withImportance(new ImportanceMatrix(entries, List.of(), 1, 512), "i");
    }
    try {
      new Quantizer(options).run(in, out, QuantizeListener.NONE);
      return true;
    } catch (MyelinException e) {
      return false;
    }
  }
}
