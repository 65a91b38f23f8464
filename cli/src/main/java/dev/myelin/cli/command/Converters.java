package dev.myelin.cli.command;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Converts option values: decimal numbers within the range of their type, and file names. Java's
 * own parsers also accept {@code NaN}, {@code 0x1p3} and {@code 1f}, and parse {@code 1e999} as
 * infinity.
 */
public final class Converters {
  private static final String DECIMAL_CHARACTERS = "0123456789+-.eE";

  private Converters() {}

  public static void register(CommandLine line) {
    line.registerConverter(int.class, new Ints());
    line.registerConverter(Integer.class, new Ints());
    line.registerConverter(long.class, new Longs());
    line.registerConverter(Long.class, new Longs());
    line.registerConverter(float.class, new Floats());
    line.registerConverter(Float.class, new Floats());
    line.registerConverter(double.class, new Doubles());
    line.registerConverter(Double.class, new Doubles());
    line.registerConverter(Path.class, Converters::path);
  }

  /** A file name, which must not be empty. */
  static Path path(String name) {
    if (name.isEmpty()) {
      throw new TypeConversionException("the file name is empty");
    }
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new TypeConversionException("'" + name + "' is not a file name: " + e.getReason());
    }
  }

  // classes: lambdas are slower at start-up

  private static final class Ints implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) parseInteger(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
  }

  private static final class Longs implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return parseInteger(text, Long.MIN_VALUE, Long.MAX_VALUE);
    }
  }

  private static final class Floats implements ITypeConverter<Float> {
    @Override
    public Float convert(String text) {
      return (float) parseDecimal(text, Float.MAX_VALUE);
    }
  }

  private static final class Doubles implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      return parseDecimal(text, Double.MAX_VALUE);
    }
  }

  private static long parseInteger(String text, long min, long max) {
    int digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    for (int i = digits; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        throw error(text, "is not an integer");
      }
    }
    if (digits == text.length()) {
      throw error(text, "is not an integer");
    }
    try {
      long value = Long.parseLong(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // too many digits
    }
    throw error(text, "is out of range: expected " + min + " to " + max);
  }

  private static double parseDecimal(String text, Number max) {
    double value = Double.NaN;
    if (!text.isEmpty() && text.chars().allMatch(c -> DECIMAL_CHARACTERS.indexOf(c) >= 0)) {
      try {
        value = Double.parseDouble(text);
      } catch (NumberFormatException e) {
        // such as 1e or 1.2.3
      }
    }
    if (Double.isNaN(value)) {
      throw error(text, "is not a number");
    }
    if (Math.abs(value) > max.doubleValue()) {
      throw error(text, "is out of range: expected at most " + max);
    }
    return value;
  }

  private static TypeConversionException error(String text, String problem) {
    return new TypeConversionException("'" + text + "' " + problem);
  }
}
