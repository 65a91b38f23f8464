package dev.myelin.cli.train;

import dev.myelin.train.History;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws the losses of a training run. */
final class LossChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;

  /** More points would not be visible. */
  private static final int MAX_POINTS = 600;

  private static final Pattern LONG_NUMBER = Pattern.compile("\\d+\\.\\d{3,}(?!\\d|[eE])");

  private static final Color TRAINING = new Color(0x5b8def);
  private static final Color VALIDATION = new Color(0xe0662b);

  private LossChart() {}

  /**
   * The image: PNG if the name ends with .png, else SVG.
   *
   * @throws IOException if it cannot be drawn, as on machines without fonts
   */
  static byte[] draw(String title, History history, String name) throws IOException {
    System.setProperty("java.awt.headless", "true");
    try {
      XYChart chart = chart(title, history);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      if (name.toLowerCase(Locale.ROOT).endsWith(".png")) {
        BitmapEncoder.saveBitmap(chart, bytes, BitmapFormat.PNG);
      } else {
        VectorGraphicsEncoder.saveVectorGraphic(chart, bytes, VectorGraphicsFormat.SVG);
        return shortenNumbers(bytes.toString(StandardCharsets.UTF_8))
            .getBytes(StandardCharsets.UTF_8);
      }
      return bytes.toByteArray();
    } catch (LinkageError | InternalError | RuntimeException e) {
      throw new IOException(
          "no chart: Java cannot draw text on this machine: " + e.getMessage(), e);
    }
  }

  /** Rounds numbers to hundredths of a pixel. */
  private static String shortenNumbers(String svg) {
    return LONG_NUMBER
        .matcher(svg)
        .replaceAll(m -> String.format(Locale.ROOT, "%.2f", Double.parseDouble(m.group())));
  }

  private static XYChart chart(String title, History history) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("step")
            .yAxisTitle("loss, nats per token")
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    chart.getStyler().setMarkerSize(5);
    // solid lines: dashes would be separate elements
    chart.getStyler().setPlotGridLinesStroke(new BasicStroke(0.5f));
    chart.getStyler().setToolTipsEnabled(false);
    List<History.Step> steps = history.steps();
    if (!steps.isEmpty()) {
      int group = Math.ceilDiv(steps.size(), MAX_POINTS);
      int points = Math.ceilDiv(steps.size(), group);
      double[] x = new double[points];
      double[] y = new double[points];
      for (int i = 0; i < points; i++) {
        List<History.Step> groupedSteps =
            steps.subList(i * group, Math.min(steps.size(), (i + 1) * group));
        x[i] = groupedSteps.stream().mapToDouble(History.Step::step).average().orElseThrow();
        y[i] = groupedSteps.stream().mapToDouble(History.Step::loss).average().orElseThrow();
      }
      XYSeries series = chart.addSeries("training", x, y);
      series.setMarker(SeriesMarkers.NONE);
      style(series, TRAINING, 1.2f);
    }
    List<History.Evaluation> evaluations = history.evaluations();
    if (!evaluations.isEmpty()) {
      XYSeries series =
          chart.addSeries(
              "validation",
              evaluations.stream().mapToDouble(History.Evaluation::step).toArray(),
              evaluations.stream().mapToDouble(History.Evaluation::loss).toArray());
      series.setMarker(SeriesMarkers.CIRCLE);
      series.setMarkerColor(VALIDATION);
      style(series, VALIDATION, 2.2f);
    }
    return chart;
  }

  private static void style(XYSeries series, Color color, float width) {
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(width));
  }
}
