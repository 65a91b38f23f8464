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

/** Kernels as fractions of what the machine can do, a group of bars a type of weights. */
final class KernelChart {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 480;

  private static final Pattern LONG_NUMBER = Pattern.compile("\\d+\\.\\d{3,}(?!\\d|[eE])");

  /** Of a set: dark for few positions, light for many. */
  private static final Color[][] COLOURS = {
    {new Color(0x2f6fd0), new Color(0x9dbdf0)},
    {new Color(0xe0662b), new Color(0xf2b799)},
    {new Color(0x2a9d5c), new Color(0x99d3b1)},
    {new Color(0x8a4fbf), new Color(0xc9addf)},
    {new Color(0x9aa0a8), new Color(0xd2d5d9)},
  };

  private final KernelFigures figures;
  private final int threads;
  private final List<String> types;

  private KernelChart(KernelFigures figures) {
    this.figures = figures;
    this.threads = figures.rows().stream().mapToInt(KernelFigures.Row::threads).max().orElseThrow();
    this.types = figures.rows().stream().map(KernelFigures.Row::type).distinct().toList();
  }

  /**
   * An SVG of the fewest and the most positions that were measured, with the most threads; the
   * median of shapes.
   *
   * @param figures not empty
   * @throws IOException where it cannot be drawn: on machines without any font
   */
  static String draw(KernelFigures figures) throws IOException {
    System.setProperty("java.awt.headless", "true");
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      VectorGraphicsEncoder.saveVectorGraphic(of(figures), bytes, VectorGraphicsFormat.SVG);
      // hundredths of a pixel are enough
      return LONG_NUMBER
          .matcher(bytes.toString(StandardCharsets.UTF_8))
          .replaceAll(m -> String.format(Locale.ROOT, "%.2f", Double.parseDouble(m.group())));
    } catch (LinkageError | InternalError | RuntimeException e) {
      throw new IOException("no chart: this machine's Java cannot draw text: " + e.getMessage(), e);
    }
  }

  /** What {@link #draw} draws. */
  static CategoryChart of(KernelFigures figures) {
    return new KernelChart(figures).chart();
  }

  private CategoryChart chart() {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Quantised kernels, " + threads + (threads == 1 ? " thread" : " threads"))
            .yAxisTitle("fraction of what the machine can do")
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setYAxisDecimalPattern("0.0");
    chart.getStyler().setAvailableSpaceFill(0.8);
    chart.getStyler().setPlotGridVerticalLinesVisible(false);
    // dashes would be drawn one by one
    chart.getStyler().setPlotGridLinesStroke(new BasicStroke(0.5f));
    chart.getStyler().setToolTipsEnabled(false);
    int few = figures.rows().stream().mapToInt(KernelFigures.Row::positions).min().orElseThrow();
    int many = figures.rows().stream().mapToInt(KernelFigures.Row::positions).max().orElseThrow();
    for (int i = 0; i < figures.sets().size(); i++) {
      String set = figures.sets().get(i);
      // ggml, the last, is grey
      boolean last = set.equals(KernelBenchmark.GGML);
      Color[] colours = COLOURS[last ? COLOURS.length - 1 : i % (COLOURS.length - 1)];
      if (few <= KernelBenchmark.FEW) {
        bars(chart, set, few, " of memory", row -> row.ofMemory(set), colours[0]);
      }
      if (many > KernelBenchmark.FEW) {
        bars(chart, set, many, " of peak", row -> row.ofPeak(set), colours[1]);
      }
    }
    return chart;
  }

  private void bars(
      CategoryChart chart,
      String set,
      int positions,
      String what,
      ToDoubleFunction<KernelFigures.Row> value,
      Color colour) {
    List<Double> medians =
        types.stream()
            .map(
                type ->
                    median(
                        figures.rows().stream()
                            .filter(row -> row.type().equals(type))
                            .filter(row -> row.positions() == positions)
                            .filter(row -> row.threads() == threads)
                            .mapToDouble(value)
                            .filter(Double::isFinite)
                            .sorted()
                            .toArray()))
            .toList();
    String name =
        KernelFigures.title(set)
            + ", "
            + positions
            + (positions == 1 ? " position," : " positions,")
            + what;
    chart.addSeries(name, types, medians).setFillColor(colour);
  }

  /** No bar where nothing was measured. */
  private static double median(double[] sorted) {
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return 0;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
