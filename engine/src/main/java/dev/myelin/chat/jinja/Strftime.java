package dev.myelin.chat.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.Locale;

/** C's strftime, in English, for the functions that print today's date into a prompt. */
final class Strftime {
  private Strftime() {}

  static String format(ZonedDateTime time, String format) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        text.append(c);
        continue;
      }
      char code = format.charAt(++i);
      boolean unpadded = code == '-' && i + 1 < format.length();
      if (unpadded) {
        code = format.charAt(++i);
      }
      String field = field(time, code);
      text.append(unpadded && field.length() > 1 ? field.replaceFirst("^0+(?=\\d)", "") : field);
    }
    return text.toString();
  }

  private static String field(ZonedDateTime time, char code) {
    return switch (code) {
      case 'Y' -> String.valueOf(time.getYear());
      case 'y' -> two(time.getYear() % 100);
      case 'm' -> two(time.getMonthValue());
      case 'd' -> two(time.getDayOfMonth());
      case 'e' -> String.format(java.util.Locale.ROOT, "%2d", time.getDayOfMonth());
      case 'j' -> String.format(java.util.Locale.ROOT, "%03d", time.getDayOfYear());
      case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' -> time.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
      case 'H' -> two(time.getHour());
      case 'I' -> two((time.getHour() + 11) % 12 + 1);
      case 'M' -> two(time.getMinute());
      case 'S' -> two(time.getSecond());
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'z' -> DateTimeFormatter.ofPattern("xx", Locale.ROOT).format(time);
      case 'Z' -> DateTimeFormatter.ofPattern("zzz", Locale.ENGLISH).format(time);
      case 'F' -> format(time, "%Y-%m-%d");
      case 'T' -> format(time, "%H:%M:%S");
      case 'D' -> format(time, "%m/%d/%y");
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> throw new RenderFailure("strftime_now does not know %" + code);
    };
  }

  private static String two(int number) {
    return String.format(java.util.Locale.ROOT, "%02d", number);
  }
}
