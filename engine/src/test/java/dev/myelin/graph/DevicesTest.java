package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.graph.Devices.Device;
import dev.myelin.graph.Devices.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicesTest {
  @Test
  void listContainsCpu() {
    List<Device> devices = Devices.list();
    Device cpu = devices.stream().filter(d -> d.kind() == Kind.CPU).findFirst().orElseThrow();
    assertThat(cpu.name()).isEqualTo("CPU");
    assertThat(cpu.description()).isNotBlank();
    assertThat(cpu.totalBytes()).isGreaterThan(1L << 27);
    assertThat(cpu.freeBytes()).isBetween(0L, cpu.totalBytes());
    assertThat(devices).doesNotHaveDuplicates();
  }
}
