import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Prints the tables and draws the figures (SVG) of docs/parameters.md from the measurements of
 * remake.sh.
 */
final class Figures {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LONG_NUMBER = Pattern.compile("\\d+\\.\\d{2,}(?![\\d.]|[eE])");

  private static final Pattern LINE_SEGMENT =
      Pattern.compile(
          "<line style=\"([^\"]*)\" x1=\"([^\"]*)\" x2=\"([^\"]*)\" y1=\"([^\"]*)\""
              + " y2=\"([^\"]*)\"/>");

  private static final Color BLUE = new Color(0x2f6fd0);
  private static final Color ORANGE = new Color(0xe0662b);
  private static final Color GREEN = new Color(0x2a9d5c);
  private static final Color PURPLE = new Color(0x8a4fbf);
  private static final Color RED = new Color(0xc2334d);
  private static final Color GREY = new Color(0x9aa0a8);

  private final Path work;
  private final Path out;

  private Figures(Path work, Path out) {
    this.work = work;
    this.out = out;
  }

  public static void main(String[] args) throws IOException {
    System.setProperty("java.awt.headless", "true");
    Figures figures = new Figures(Path.of(args[0]), Path.of(args[1]));
    if (Files.isDirectory(figures.work.resolve("a"))) {
      figures.sentiment();
    }
    if (Files.isDirectory(figures.work.resolve("b"))) {
      figures.overfitting();
    }
    if (Files.exists(figures.work.resolve("c/F32.perplexity.json"))) {
      figures.quantized();
    }
    if (Files.isDirectory(figures.work.resolve("d"))) {
      figures.shapes();
    }
  }

  // ---- (a) ------------------------------------------------------------------------------------

  /** Indexes of the sentences of test.tsv in the figure: two of each label. */
  private static final int[] SHOWN = {0, 1, 2, 4};

  private void sentiment() throws IOException {
    Losses losses = Losses.read(work.resolve("a/model.csv"));
    double[] steps = steps("a");
    double[] accuracy = new double[steps.length];
    double[][] positive = new double[SHOWN.length][steps.length];
    String[] sentences = new String[SHOWN.length];
    System.out.println("\n## a: sentiment\n");
    row("step", "validation loss", "*positive*", "*negative*", "of the two", "right of 400");
    row("--:", "--:", "--:", "--:", "--:", "--:");
    for (int i = 0; i < steps.length; i++) {
      JsonNode score = JSON.readTree(work.resolve("a/" + (int) steps[i] + ".json").toFile());
      JsonNode prompts = score.get("prompts");
      for (int k = 0; k < SHOWN.length; k++) {
        JsonNode prompt = prompts.get(SHOWN[k]);
        sentences[k] = prompt.get("text").asText() + " (" + prompt.get("actual").asText() + ")";
        positive[k][i] = 100 * prompt.at("/continuations/0/probability").asDouble();
      }
      accuracy[i] = 100 * score.get("accuracy").asDouble();
      JsonNode sunny = prompts.get(0).get("continuations");
      row(
          "%d".formatted((int) steps[i]),
          number("%.3f", losses.validationAt(steps[i])),
          number("%.2f %%", 100 * Math.exp(sunny.get(0).get("log_probability").asDouble())),
          number("%.2f %%", 100 * Math.exp(sunny.get(1).get("log_probability").asDouble())),
          number("%.1f %%", positive[0][i]),
          number("%.1f %%", accuracy[i]));
    }
    System.out.println();
    losses.steps("steps", 1, 2, 10, 100, 1000);

    XYChart chart = chart("How sure the model is of \"positive\"", "step", "probability, %");
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(100.0);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    line(chart, "right of 400 sentences", steps, accuracy, GREY, 5f, false);
    Color[] colours = {BLUE, GREEN, RED, ORANGE};
    for (int k = 0; k < SHOWN.length; k++) {
      line(chart, sentences[k], steps, positive[k], colours[k], k == 0 ? 3f : 1.4f, true);
    }
    write(chart, "sentiment.svg");

    XYChart loss = chart("Loss of the sentiment model", "step", "loss, nats per token");
    loss.getStyler().setYAxisMin(0.0);
    double chance = Math.log(512);
    line(
        loss,
        "chance: ln 512",
        new double[] {0, last(steps)},
        new double[] {chance, chance},
        GREY,
        1.5f,
        false);
    line(loss, "training", losses.step(), losses.training(), BLUE, 1.2f, false);
    line(loss, "validation", losses.validationSteps(), losses.validation(), ORANGE, 2.2f, false);
    write(loss, "loss.svg");
  }

  /** The steps of the files STEP.json in a folder. */
  private double[] steps(String folder) {
    File[] files =
        work.resolve(folder).toFile().listFiles((_, name) -> name.matches("\\d+\\.json"));
    return Arrays.stream(files)
        .mapToDouble(f -> Integer.parseInt(f.getName().replace(".json", "")))
        .sorted()
        .toArray();
  }

  // ---- (b) ------------------------------------------------------------------------------------

  private void overfitting() throws IOException {
    record Run(String file, String name, Color colour) {}
    List<Run> runs =
        List.of(
            new Run("long", "120 sentences", ORANGE),
            new Run("nodecay", "no weight decay", RED),
            new Run("decay", "weight decay 1", PURPLE),
            new Run("patience", "patience 5", BLUE),
            new Run("more", "2800 sentences", GREEN));
    XYChart chart =
        chart("Validation loss (thick) and training loss (thin)", "step", "loss, nats per token");
    chart.getStyler().setYAxisMin(0.0);
    System.out.println("\n## b: overfitting\n");
    row(
        "run",
        "steps",
        "training loss, end",
        "validation, best",
        "after step",
        "validation, end",
        "labels right");
    row("---", "--:", "--:", "--:", "--:", "--:", "--:");
    for (Run run : runs) {
      Path csv = work.resolve("b/" + run.file + ".csv");
      if (!Files.exists(work.resolve("b/" + run.file + ".json"))) {
        continue;
      }
      Losses losses = Losses.read(csv);
      int best = losses.best();
      JsonNode score = JSON.readTree(work.resolve("b/" + run.file + ".json").toFile());
      row(
          run.name,
          "%d".formatted((int) last(losses.validationSteps())),
          number("%.3f", mean(losses.training(), 10)),
          number("%.3f", losses.validation()[best]),
          "%d".formatted((int) losses.validationSteps()[best]),
          number("%.3f", last(losses.validation())),
          number("%.1f", 100 * score.get("accuracy").asDouble())
              + number(" ± %.1f %%", 100 * score.get("accuracy_stderr").asDouble()));
      line(chart, run.name, losses.validationSteps(), losses.validation(), run.colour, 2.4f, false);
      if (run.file.equals("long") || run.file.equals("more")) {
        line(
            chart,
            run.name + ", training",
            losses.step(),
            losses.training(),
            run.colour,
            0.9f,
            false);
      }
      if (run.file.equals("patience")) {
        double[] x = {losses.validationSteps()[best]};
        double[] y = {losses.validation()[best]};
        line(chart, "kept by patience", x, y, BLUE, 2f, true).setMarker(SeriesMarkers.DIAMOND);
      }
    }
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    write(chart, "overfitting.svg");
  }

  // ---- (c) ------------------------------------------------------------------------------------

  private void quantized() throws IOException {
    List<double[]> plain = new ArrayList<>();
    List<double[]> withImatrix = new ArrayList<>();
    List<String> names = new ArrayList<>();
    System.out.println("\n## c: quantisation\n");
    row(
        "type",
        "bytes",
        "bits per weight",
        "perplexity",
        "ratio to f32",
        "KL divergence",
        "same top token",
        "tokens/s");
    row("---", "--:", "--:", "--:", "--:", "--:", "--:", "--:");
    for (String type :
        List.of(
            "F32",
            "F16",
            "Q8_0",
            "Q6_K",
            "Q5_K_M",
            "Q4_K_M",
            "Q4_0",
            "Q4_0+imatrix",
            "Q3_K_M",
            "Q3_K_M+imatrix",
            "Q2_K",
            "Q2_K+imatrix")) {
      Path measured = work.resolve("c/" + type + ".perplexity.json");
      if (!Files.exists(measured)) {
        continue;
      }
      JsonNode inspected = JSON.readTree(work.resolve("c/" + type + ".inspect.json").toFile());
      JsonNode p = JSON.readTree(work.resolve("c/" + type + ".perplexity.json").toFile());
      boolean first = type.equals("F32");
      double bits = inspected.at("/parameters/bits_per_weight").asDouble();
      double perplexity = p.get("perplexity").asDouble();
      row(
          type.replace("+", " + "),
          "%,d".formatted(inspected.get("file_bytes").asLong()),
          number("%.2f", bits),
          number("%.4f", perplexity) + number(" ± %.4f", p.get("perplexity_stderr").asDouble()),
          first
              ? ""
              : number("%.4f", p.get("perplexity_ratio").asDouble())
                  + number(" ± %.4f", p.get("perplexity_ratio_stderr").asDouble()),
          first ? "" : number("%.5f", p.get("kl_divergence").asDouble()),
          first ? "" : number("%.1f %%", 100 * p.get("same_top_token").asDouble()),
          number("%,.0f", fastest(type)));
      (type.contains("+") ? withImatrix : plain)
          .add(new double[] {bits, perplexity, p.path("kl_divergence").asDouble()});
      if (!type.contains("+")) {
        names.add(type);
      }
    }
    double original = plain.getFirst()[1];
    plain.removeFirst(); // it would compress the axis
    names.removeFirst();
    XYChart perplexity =
        bits("Perplexity of quantised models", "perplexity", plain, withImatrix, names, 1);
    double[] ends = {plain.getLast()[0], plain.getFirst()[0]};
    line(perplexity, "f32", ends, new double[] {original, original}, GREY, 1.5f, false);
    perplexity.getStyler().setYAxisDecimalPattern("0.00");
    write(perplexity, "quantisation.svg");
    plain.removeFirst(); // f16, whose divergence is almost 0
    names.removeFirst();
    XYChart divergence =
        bits("Divergence from f32", "KL divergence, nats", plain, withImatrix, names, 2);
    divergence.getStyler().setYAxisLogarithmic(true);
    write(divergence, "divergence.svg");
  }

  /** A chart of measurements against bits per weight, with labelled points. */
  private static XYChart bits(
      String title,
      String y,
      List<double[]> plain,
      List<double[]> withImatrix,
      List<String> names,
      int column) {
    XYChart chart = chart(title, "bits per weight", y);
    chart.getStyler().setXAxisMax(1.08 * plain.getFirst()[0]); // room for the last name
    line(chart, "quantised", column(plain, 0), column(plain, column), BLUE, 2f, true);
    if (!withImatrix.isEmpty()) {
      line(
              chart,
              "with an importance matrix",
              column(withImatrix, 0),
              column(withImatrix, column),
              ORANGE,
              1f,
              true)
          .setLineStyle(SeriesLines.NONE);
    }
    for (int i = 0; i < plain.size(); i++) {
      double right = plain.get(i)[0] + 0.05;
      chart.addAnnotation(
          new AnnotationText("    " + names.get(i), right, plain.get(i)[column], false));
    }
    return chart;
  }

  /** Tokens per second of the best run of a type. */
  private double fastest(String type) throws IOException {
    double best = Double.NaN;
    for (int round = 1;
        Files.exists(work.resolve("c/" + type + ".bench-" + round + ".json"));
        round++) {
      JsonNode bench =
          JSON.readTree(work.resolve("c/" + type + ".bench-" + round + ".json").toFile());
      for (JsonNode sample : bench.at("/0/samples_ts")) {
        best = Double.isNaN(best) ? sample.asDouble() : Math.max(best, sample.asDouble());
      }
    }
    return best;
  }

  // ---- (d) ------------------------------------------------------------------------------------

  /** A model of section d. */
  private record Shape(String file, String name, Color colour) {}

  private static final Shape DENSE = new Shape("dense", "dense, 256 wide", ORANGE);

  private static final List<Shape> SHARED =
      List.of(
          DENSE,
          new Shape("untied", "untied output", GREY),
          new Shape("heads1", "4 heads, 1 KV head", GREY));

  private static final List<Shape> SPARSE =
      List.of(
          DENSE,
          new Shape("experts4", "4 experts of 128, 2 used", BLUE),
          new Shape("experts8", "8 experts of 128, 2 used", GREEN),
          new Shape("dense512", "dense, 512 wide", GREY));

  private void shapes() throws IOException {
    System.out.println("\n## d: shapes");
    table(SHARED);
    table(SPARSE);
    XYChart chart = chart("Experts beside dense layers", "step", "validation loss, nats per token");
    chart.getStyler().setYAxisDecimalPattern("0.0");
    for (Shape shape : SPARSE) {
      for (int seed : SEEDS) {
        if (measured(shape, seed)) {
          Losses losses = Losses.read(work.resolve("d/" + shape.file + "-" + seed + ".csv"));
          // from step 100: before, all losses fall in the same way
          double[] x =
              Arrays.copyOfRange(losses.validationSteps(), 1, losses.validationSteps().length);
          double[] y = Arrays.copyOfRange(losses.validation(), 1, x.length + 1);
          String name = shape.name + (seed == 1 ? "" : ", other seed");
          line(chart, name, x, y, shape.colour, seed == 1 ? 2.4f : 1.1f, true);
        }
      }
    }
    write(chart, "experts.svg");
  }

  private static final int[] SEEDS = {1, 2};

  private boolean measured(Shape shape, int seed) {
    return Files.exists(work.resolve("d/" + shape.file + "-" + seed + ".json"));
  }

  private void table(List<Shape> shapes) throws IOException {
    System.out.println();
    row(
        "shape",
        "parameters",
        "active",
        "f16 cache, bytes per token",
        "validation loss, seed 1",
        "seed 2");
    row("---", "--:", "--:", "--:", "--:", "--:");
    for (Shape shape : shapes) {
      if (!measured(shape, 1)) {
        continue;
      }
      JsonNode model = JSON.readTree(work.resolve("d/" + shape.file + "-1.json").toFile());
      List<String> cells = new ArrayList<>();
      cells.add(shape.name);
      cells.add("%,d".formatted(model.at("/parameters/total").asLong()));
      cells.add("%,d".formatted(model.at("/parameters/active").asLong()));
      cells.add("%,d".formatted(model.at("/cache/bytes_per_token/f16").asLong()));
      for (int seed : SEEDS) {
        Path csv = work.resolve("d/" + shape.file + "-" + seed + ".csv");
        cells.add(measured(shape, seed) ? number("%.3f", last(Losses.read(csv).validation())) : "");
      }
      row(cells.toArray(String[]::new));
    }
  }

  // ---- files ----------------------------------------------------------------------------------

  /** The losses of a run, from the CSV file of `myelin train`. */
  private record Losses(
      double[] step,
      double[] training,
      double[] validationSteps,
      double[] validation,
      double[] norm) {
    static Losses read(Path csv) throws IOException {
      List<double[]> training = new ArrayList<>();
      List<double[]> validation = new ArrayList<>();
      List<String> lines = Files.readAllLines(csv);
      for (String line : lines.subList(1, lines.size())) {
        String[] cells = line.split(",", -1);
        double step = Double.parseDouble(cells[0]);
        if (!cells[2].isEmpty()) {
          double[] values = {step, value(cells[2]), value(cells[5])};
          training.add(values);
        }
        if (!cells[3].isEmpty()) {
          validation.add(new double[] {step, value(cells[3])});
        }
      }
      return new Losses(
          column(training, 0),
          column(training, 1),
          column(validation, 0),
          column(validation, 1),
          column(training, 2));
    }

    private static double value(String cell) {
      return Double.parseDouble(cell);
    }

    double validationAt(double step) {
      return validation[Arrays.binarySearch(validationSteps, step)];
    }

    int best() {
      int best = 0;
      for (int i = 1; i < validation.length; i++) {
        best = validation[i] < validation[best] ? i : best;
      }
      return best;
    }

    void steps(String name, int... numbers) {
      row(name, "loss", "gradient norm");
      row("--:", "--:", "--:");
      for (int n : numbers) {
        row("%d".formatted(n), number("%.3f", training[n - 1]), number("%.2f", norm[n - 1]));
      }
    }
  }

  private static double[] column(List<double[]> rows, int column) {
    return rows.stream().mapToDouble(row -> row[column]).toArray();
  }

  private static double last(double[] values) {
    return values[values.length - 1];
  }

  private static double mean(double[] values, int last) {
    return Arrays.stream(values).skip(values.length - last).average().orElseThrow();
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static void row(String... cells) {
    System.out.println("| " + String.join(" | ", cells) + " |");
  }

  // ---- charts ---------------------------------------------------------------------------------

  private static XYChart chart(String title, String x, String y) {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(500)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    chart.getStyler().setMarkerSize(7);
    // dashes would be drawn as single lines
    chart.getStyler().setPlotGridLinesStroke(new BasicStroke(0.5f));
    chart.getStyler().setToolTipsEnabled(false);
    chart.getStyler().setXAxisTickMarkSpacingHint(120);
    chart.getStyler().setYAxisTickMarkSpacingHint(60);
    return chart;
  }

  private static XYSeries line(
      XYChart chart, String name, double[] x, double[] y, Color colour, float width, boolean dots) {
    int group = Math.ceilDiv(x.length, 200); // more points are not visible, and make files large
    XYSeries series = chart.addSeries(name, grouped(x, group), grouped(y, group));
    series.setLineColor(colour);
    series.setLineStyle(new BasicStroke(width));
    series.setMarker(dots ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    series.setMarkerColor(colour);
    return series;
  }

  private static double[] grouped(double[] values, int group) {
    double[] means = new double[Math.ceilDiv(values.length, group)];
    for (int i = 0; i < means.length; i++) {
      double[] some =
          Arrays.copyOfRange(values, i * group, Math.min(values.length, (i + 1) * group));
      means[i] = Arrays.stream(some).average().orElseThrow();
    }
    return means;
  }

  private void write(XYChart chart, String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    VectorGraphicsEncoder.saveVectorGraphic(chart, bytes, VectorGraphicsFormat.SVG);
    // text is drawn as outlines: a tenth of a pixel is precise enough, and keeps the file small
    String svg =
        LONG_NUMBER
            .matcher(bytes.toString(StandardCharsets.UTF_8))
            .replaceAll(m -> number("%.1f", Double.parseDouble(m.group())).replace(".0", ""))
            .replaceAll("(?m)^ +", "")
            .replaceAll("(?<=[0-9]) (?=[LQCMZ])|(?<=Z) (?=M)", "")
            .replaceAll("(?<=[0-9]),(?=-)", "")
            .replace("stroke-miterlimit:10;", "");
    Files.writeString(out.resolve(name), joined(svg));
  }

  /** Joins consecutive line segments into polylines. */
  private static String joined(String svg) {
    StringBuilder text = new StringBuilder();
    String style = "";
    String end = "";
    for (String element : svg.split("\n")) {
      Matcher segment = LINE_SEGMENT.matcher(element);
      boolean line = segment.matches();
      String from = line ? segment.group(2) + "," + segment.group(4) : "";
      boolean continues = line && segment.group(1).equals(style) && from.equals(end);
      if (!continues) {
        text.append(style.isEmpty() ? "" : "\"/>\n");
        text.append(
            line
                ? "<polyline style=\"" + segment.group(1) + "\" points=\"" + from
                : element + "\n");
      }
      style = line ? segment.group(1) : "";
      end = line ? segment.group(3) + "," + segment.group(5) : "";
      text.append(line ? " " + end : "");
    }
    return text.toString();
  }
}
