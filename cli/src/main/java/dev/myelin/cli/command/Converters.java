package dev.myelin.cli.command;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Converts option values: numbers in decimal digits and within the range of their type, and file
 * names. Java's own parsers also take {@code NaN}, {@code 0x1p3} and {@code 1f}, and make infinity
 * of {@code 1e999}.
 */
public final class Converters {
  private static final String FRACTION = "0123456789+-.eE";

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

  /** A file's name; an empty one is refused. */
  static Path path(String name) {
    if (name.isEmpty()) {
      throw new TypeConversionException("the file name is empty");
    }
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new TypeConversionException("'" + name + "' is no file name: " + e.getReason());
    }
  }

  // classes, as lambdas take longer where a program starts

  private static final class Ints implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
  }

  private static final class Longs implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return whole(text, Long.MIN_VALUE, Long.MAX_VALUE);
    }
  }

  private static final class Floats implements ITypeConverter<Float> {
    @Override
    public Float convert(String text) {
      return (float) number(text, Float.MAX_VALUE);
    }
  }

  private static final class Doubles implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      return number(text, Double.MAX_VALUE);
    }
  }

  private static long whole(String text, long least, long most) {
    int digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    for (int i = digits; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        throw bad(text, "is not a whole number");
      }
    }
    if (digits == text.length()) {
      throw bad(text, "is not a whole number");
    }
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // too many digits
    }
    throw bad(text, "is out of range: expected " + least + " to " + most);
  }

  private static double number(String text, Number most) {
    double value = Double.NaN;
    if (!text.isEmpty() && text.chars().allMatch(c -> FRACTION.indexOf(c) >= 0)) {
      try {
        value = Double.parseDouble(text);
      } catch (NumberFormatException e) {
        // such as 1e or 1.2.3
      }
    }
    if (Double.isNaN(value)) {
      throw bad(text, "is not a number");
    }
    if (Math.abs(value) > most.doubleValue()) {
      throw bad(text, "is out of range: expected at most " + most);
    }
    return value;
  }

  private static TypeConversionException bad(String text, String what) {
    return new TypeConversionException("'" + text + "' " + what);
  }
}
