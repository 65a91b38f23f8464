package dev.myelin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnergyMeterTest {
  @TempDir private Path root;

  private Path zone(String folder, String name, String microjoules) throws IOException {
    Path zone = Files.createDirectory(root.resolve(folder));
    Files.writeString(zone.resolve("name"), name + "\n");
    Files.writeString(zone.resolve("max_energy_range_uj"), "1000000\n");
    Files.writeString(zone.resolve("energy_uj"), microjoules + "\n");
    return zone;
  }

  /** Packages and memory count; a counter that starts again counts on. */
  @Test
  void sumsPackagesAndMemory() throws IOException {
    Path first = zone("intel-rapl:0", "package-0", "100000");
    zone("intel-rapl:0:0", "core", "5");
    Path memory = zone("intel-rapl:0:1", "dram", "0");
    Path second = zone("intel-rapl:1", "package-1", "900000");
    long start = System.nanoTime();
    try (EnergyMeter meter = EnergyMeter.open(root)) {
      Files.writeString(first.resolve("energy_uj"), "300000");
      Files.writeString(memory.resolve("energy_uj"), "50000");
      Files.writeString(second.resolve("energy_uj"), "100000");
      Double joules =
          meter.joulesPerToken(List.of(new Interval(start, System.nanoTime() + (1L << 40))), 9);
      assertThat(joules).isEqualTo(0.45 / 9, within(1e-9));
      meter.reset();
      assertThat(meter.joulesPerToken(List.of(new Interval(start, System.nanoTime())), 9)).isZero();
    }
  }

  @Test
  void interpolatesBetweenReadings() throws Exception {
    Path zone = zone("intel-rapl:0", "package-0", "0");
    long start = System.nanoTime();
    try (EnergyMeter meter = EnergyMeter.open(root)) {
      Thread.sleep(100);
      Files.writeString(zone.resolve("energy_uj"), "800000");
      Thread.sleep(100);
      long end = System.nanoTime();
      double all = meter.joulesPerToken(List.of(new Interval(start, end)), 1);
      assertThat(all).isEqualTo(0.8, within(1e-9));
      Interval early = new Interval(start, start + 50_000_000);
      assertThat(meter.joulesPerToken(List.of(early, early), 1)).isBetween(0.0, 0.4);
    }
  }

  @Test
  void saysWhyThereIsNone() throws IOException {
    assertThatThrownBy(() -> EnergyMeter.open(root.resolve("none")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no counters");
    zone("intel-rapl:0", "package-0", "x");
    assertThatThrownBy(() -> EnergyMeter.open(root))
        .hasMessageContaining("energy_uj: expected a number");
  }

  /** As on a machine where only root may read it. */
  @Test
  void countersThatVanishGiveNoEnergy() throws IOException {
    Path zone = zone("intel-rapl:0", "package-0", "0");
    try (EnergyMeter meter = EnergyMeter.open(root)) {
      Files.delete(zone.resolve("energy_uj"));
      assertThat(meter.joulesPerToken(List.of(new Interval(0, 1)), 1)).isNull();
    }
  }
}
