package dev.myelin.chat.template;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.TimeZone;

/** C's strftime, in English, for templates that write the date. */
final class Strftime {
  private static final String[] MONTHS = {
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December"
  };
  private static final String[] DAYS = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
  };

  private Strftime() {}

  static Str format(ZonedDateTime time, Str format, RenderContext context) {
    StrBuilder text = new StrBuilder(context.budget);
    for (int i = 0; i < format.units(); i++) {
      char c = format.text.charAt(i);
      if (c != '%' || i + 1 == format.units()) {
        text.append(format, i, i + 1);
        continue;
      }
      char code = format.text.charAt(++i);
      boolean noPadding = code == '-' && i + 1 < format.units();
      if (noPadding) {
        code = format.text.charAt(++i);
      }
      String field = field(time, code);
      text.append(noPadding ? stripPadding(field) : field);
    }
    return text.build();
  }

  private static String stripPadding(String field) {
    int from = 0;
    while (from < field.length() - 1
        && (field.charAt(from) == '0' || field.charAt(from) == ' ')
        && CharClasses.isDigit(field.charAt(from + 1))) {
      from++;
    }
    return field.substring(from);
  }

  private static String field(ZonedDateTime time, char code) {
    return switch (code) {
      case 'Y' -> Integer.toString(time.getYear());
      case 'C' -> pad(time.getYear() / 100, 2, '0');
      case 'y' -> pad(time.getYear() % 100, 2, '0');
      case 'm' -> pad(time.getMonthValue(), 2, '0');
      case 'd' -> pad(time.getDayOfMonth(), 2, '0');
      case 'e' -> pad(time.getDayOfMonth(), 2, ' ');
      case 'j' -> pad(time.getDayOfYear(), 3, '0');
      case 'B' -> MONTHS[time.getMonthValue() - 1];
      case 'b', 'h' -> MONTHS[time.getMonthValue() - 1].substring(0, 3);
      case 'A' -> DAYS[time.getDayOfWeek().getValue() % 7];
      case 'a' -> DAYS[time.getDayOfWeek().getValue() % 7].substring(0, 3);
      case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
      case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
      case 'U' -> pad((time.getDayOfYear() + 6 - time.getDayOfWeek().getValue() % 7) / 7, 2, '0');
      case 'W' -> pad((time.getDayOfYear() + 7 - time.getDayOfWeek().getValue()) / 7, 2, '0');
      case 'H' -> pad(time.getHour(), 2, '0');
      case 'I' -> pad((time.getHour() + 11) % 12 + 1, 2, '0');
      case 'k' -> pad(time.getHour(), 2, ' ');
      case 'l' -> pad((time.getHour() + 11) % 12 + 1, 2, ' ');
      case 'M' -> pad(time.getMinute(), 2, '0');
      case 'S' -> pad(time.getSecond(), 2, '0');
      case 'f' -> pad(time.getNano() / 1000, 6, '0');
      case 's' -> Long.toString(time.toEpochSecond());
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'P' -> time.getHour() < 12 ? "am" : "pm";
      case 'z' -> offset(time.getOffset());
      case 'Z' -> zone(time);
      case 'F' -> join(time, "Y-m-d");
      case 'T', 'X' -> join(time, "H:M:S");
      case 'R' -> join(time, "H:M");
      case 'r' -> join(time, "I:M:S p");
      case 'D', 'x' -> join(time, "m/d/y");
      case 'c' -> join(time, "a b e H:M:S Y");
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> throw new TemplateError("strftime_now: unknown field %" + code);
    };
  }

  /** Replaces the letters of a pattern by their fields. */
  private static String join(ZonedDateTime time, String pattern) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      text.append(Character.isLetter(c) ? field(time, c) : String.valueOf(c));
    }
    return text.toString();
  }

  private static String offset(ZoneOffset offset) {
    int minutes = Math.abs(offset.getTotalSeconds()) / 60;
    String sign = offset.getTotalSeconds() < 0 ? "-" : "+";
    return sign + pad(minutes / 60, 2, '0') + pad(minutes % 60, 2, '0');
  }

  private static String zone(ZonedDateTime time) {
    return TimeZone.getTimeZone(time.getZone())
        .getDisplayName(
            time.getZone().getRules().isDaylightSavings(time.toInstant()),
            TimeZone.SHORT,
            Locale.ENGLISH);
  }

  private static String pad(int number, int width, char with) {
    String digits = Integer.toString(number);
    return String.valueOf(with).repeat(Math.max(0, width - digits.length())) + digits;
  }
}
