package dev.myelin.benches;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Kernel speed as a fraction of the machine's peak; one group of bars per weight type. */
final class KernelChart {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 480;

  private static final Pattern LONG_NUMBER = Pattern.compile("\\d+\\.\\d{3,}(?!\\d|[eE])");

  /** Colours of an instruction set: dark for few positions, light for many. */
  private static final Color[][] COLOURS = {
    {new Color(0x2f6fd0), new Color(0x9dbdf0)},
    {new Color(0xe0662b), new Color(0xf2b799)},
    {new Color(0x2a9d5c), new Color(0x99d3b1)},
    {new Color(0x8a4fbf), new Color(0xc9addf)},
    {new Color(0x9aa0a8), new Color(0xd2d5d9)},
  };

  private final KernelResults results;
  private final int threads;
  private final List<String> types;

  private KernelChart(KernelResults results) {
    this.results = results;
    this.threads = results.rows().stream().mapToInt(KernelResults.Row::threads).max().orElseThrow();
    this.types = results.rows().stream().map(KernelResults.Row::type).distinct().toList();
  }

  /**
   * Draws the smallest and the largest number of positions, with the largest number of threads; the
   * median over shapes, as SVG.
   *
   * @param results not empty
   * @throws IOException if it cannot be drawn, on machines without fonts
   */
  static String draw(KernelResults results) throws IOException {
    System.setProperty("java.awt.headless", "true");
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      VectorGraphicsEncoder.saveVectorGraphic(of(results), bytes, VectorGraphicsFormat.SVG);
      // two decimals are enough
      return LONG_NUMBER
          .matcher(bytes.toString(StandardCharsets.UTF_8))
          .replaceAll(m -> String.format(Locale.ROOT, "%.2f", Double.parseDouble(m.group())));
    } catch (LinkageError | InternalError | RuntimeException e) {
      throw new IOException(
          "no chart: Java cannot draw text on this machine: " + e.getMessage(), e);
    }
  }

  /** The chart that {@link #draw} draws. */
  static CategoryChart of(KernelResults results) {
    return new KernelChart(results).chart();
  }

  private CategoryChart chart() {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Quantised kernels, " + threads + (threads == 1 ? " thread" : " threads"))
            .yAxisTitle("fraction of the machine's peak")
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setYAxisDecimalPattern("0.0");
    chart.getStyler().setAvailableSpaceFill(0.8);
    chart.getStyler().setPlotGridVerticalLinesVisible(false);
    // dashes would become one path each
    chart.getStyler().setPlotGridLinesStroke(new BasicStroke(0.5f));
    chart.getStyler().setToolTipsEnabled(false);
    int few = results.rows().stream().mapToInt(KernelResults.Row::positions).min().orElseThrow();
    int many = results.rows().stream().mapToInt(KernelResults.Row::positions).max().orElseThrow();
    for (int i = 0; i < results.instructionSets().size(); i++) {
      String set = results.instructionSets().get(i);
      // ggml is grey
      boolean last = set.equals(KernelBenchmark.GGML);
      Color[] colours = COLOURS[last ? COLOURS.length - 1 : i % (COLOURS.length - 1)];
      if (few <= KernelBenchmark.MAX_COLD_POSITIONS) {
        addSeries(chart, set, few, " of memory", row -> row.readFraction(set), colours[0]);
      }
      if (many > KernelBenchmark.MAX_COLD_POSITIONS) {
        addSeries(chart, set, many, " of peak", row -> row.peakFraction(set), colours[1]);
      }
    }
    return chart;
  }

  private void addSeries(
      CategoryChart chart,
      String set,
      int positions,
      String what,
      ToDoubleFunction<KernelResults.Row> value,
      Color colour) {
    List<Double> medians =
        types.stream()
            .map(
                type ->
                    median(
                        results.rows().stream()
                            .filter(row -> row.type().equals(type))
                            .filter(row -> row.positions() == positions)
                            .filter(row -> row.threads() == threads)
                            .mapToDouble(value)
                            .filter(Double::isFinite)
                            .sorted()
                            .toArray()))
            .toList();
    String name =
        KernelResults.label(set)
            + ", "
            + positions
            + (positions == 1 ? " position," : " positions,")
            + what;
    chart.addSeries(name, types, medians).setFillColor(colour);
  }

  /** 0, no bar, if there are no values. */
  private static double median(double[] sorted) {
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return 0;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
