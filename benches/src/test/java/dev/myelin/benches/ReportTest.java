package dev.myelin.benches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.CategorySeries;

/** A report of JMH's results, which are not in the order of the report. */
class ReportTest {
  private static String sample() throws IOException {
    try (InputStream in = ReportTest.class.getResourceAsStream("jmh.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static List<JmhResult> results() throws IOException {
    return JmhResult.read(sample());
  }

  private static String page(boolean chart) throws IOException {
    Map<String, String> machine = Map.of("processor", "AMD | EPYC");
    return new Report("make bench QUICK=1", machine, results()).markdown(chart);
  }

  @Test
  void printsCommandAndMachine() throws IOException {
    assertThat(page(true))
        .startsWith("# Benchmarks\n")
        .contains("| command | `make bench QUICK=1` |\n| processor | AMD \\| EPYC |\n")
        .containsSubsequence(
            "\n## KernelBenchmark\n",
            "forks: 1, iterations: 3 of 300 ms after 1 of 200 ms\n",
            "\n## NativeCallBenchmark\n",
            "\n## SgemmBenchmark\n");
  }

  @Test
  void comparesKernelsWithGgml() throws IOException {
    assertThat(page(true))
        .contains(
            """
            | weights | n x k | threads | positions | Myelin, ms | of memory | of peak | ggml, ms \
            | of memory | of peak | speedup over ggml |
            |---|---|---|---|---|---|---|---|---|---|---|
            | Q4_K | 2048x2048 | 1 | 1 | 0.125 | 0.91 | - | 0.250 | 0.50 | - | 2.00 |
            | Q4_K | 2048x2048 | 1 | 512 | 20.0 | - | 0.72 | 80.0 | - | 0.16 | 4.00 |
            | MXFP4 | 2048x2048 | 1 | 16 | 1.00 | 0.40 | 0.50 | - | - | - | - |
            """);
  }

  @Test
  void writesATablePerClass() throws IOException {
    assertThat(page(true))
        .contains(
            """
            | benchmark | call | ns/op | ± |
            |---|---|---|---|
            | call | GGML_TYPE_SIZE | 8.12 | 0.046 |
            | call | GGML_TYPE_NAME | 123 | - |
            """)
        .contains(
            """
            implementation = MYELIN, kind = MUL_MAT

            | benchmark | ops/s | ± | peakFraction |
            |---|---|---|---|
            | matmul | 1.2e-04 | 1.0e-05 | 0.877 |
            """);
  }

  @Test
  void linksTheChartIfThereIsOne() throws IOException {
    assertThat(page(true)).contains("(kernels.svg)");
    assertThat(page(false)).doesNotContain("kernels.svg");
  }

  @Test
  void chartsSmallestAndLargestNumberOfPositions() throws IOException {
    Map<String, CategorySeries> series = KernelChart.of(KernelResults.of(results())).getSeriesMap();
    assertThat(series.keySet())
        .containsExactly(
            "Myelin, 1 position, of memory",
            "Myelin, 512 positions, of peak",
            "ggml, 1 position, of memory",
            "ggml, 512 positions, of peak");
    CategorySeries decode = series.get("Myelin, 1 position, of memory");
    assertThat(decode.getXData()).isEqualTo(List.of("Q4_K", "MXFP4"));
    assertThat(decode.getYData()).isEqualTo(List.of(0.906, 0.0));
  }

  @Test
  void drawsBarsInProportionToTheFractions() throws IOException {
    String svg = KernelChart.draw(KernelResults.of(results()));
    assertThat(svg).startsWith("<?xml").endsWith("</svg>\n");
    double memory = barHeight(svg, "rgb(47,111,208)");
    assertThat(memory).isGreaterThan(100);
    assertThat(barHeight(svg, "rgb(157,189,240)") / memory).isCloseTo(0.720 / 0.906, within(0.001));
    assertThat(barHeight(svg, "rgb(154,160,168)") / memory).isCloseTo(0.501 / 0.906, within(0.001));
  }

  /** Of the first bar of a colour. */
  private static double barHeight(String svg, String colour) {
    Matcher bar =
        Pattern.compile(
                "<path d=\"M[\\d.]+,([\\d.]+) L[\\d.]+,[\\d.]+ L[\\d.]+,([\\d.]+)[^>]*fill:"
                    + Pattern.quote(colour))
            .matcher(svg);
    assertThat(bar.find()).as(colour).isTrue();
    return Double.parseDouble(bar.group(2)) - Double.parseDouble(bar.group(1));
  }

  @Test
  void labelsEachInstructionSet() throws IOException {
    String json = sample().replace("\"isa\": \"none\"", "\"isa\": \"avx2\"");
    KernelResults figures = KernelResults.of(JmhResult.read(json));
    assertThat(figures.instructionSets()).containsExactly("best", "avx2");
    assertThat(figures.table().toString())
        .contains("| Myelin, ms |", "| Myelin, avx2, ms |")
        .doesNotContain("ggml");
    assertThat(KernelChart.of(figures).getSeriesMap())
        .containsKey("Myelin, avx2, 1 position, of memory");
  }

  @Test
  void rejectsOtherJson() {
    for (String json :
        List.of("", "{}", "[{}]", "[{\"benchmark\": \"a.B.c\"}]", "[1]", "nonsense")) {
      assertThatThrownBy(() -> JmhResult.read(json)).as(json).isInstanceOf(IOException.class);
    }
  }
}
