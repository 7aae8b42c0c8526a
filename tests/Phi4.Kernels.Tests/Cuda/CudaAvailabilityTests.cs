// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Driver;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda;

[TestFixture]
internal sealed class CudaAvailabilityTests
{
    [Test]
    public void Probe_DeviceOfEnoughCapability_IsTaken()
    {
        var driver = new EmulatedCudaDriver(new EmulatedDevice { Name = "Card", Capability = new(9, 0), Multiprocessors = 132, MemoryBytes = 80L << 30 });
        CudaAvailability found = CudaAvailability.Probe(driver, ordinal: 0);
        Assert.Multiple(() =>
        {
            Assert.That(found.WhyNot, Is.Null);
            Assert.That(found.Device!.Value.Info.ToString(), Is.EqualTo("Card, compute capability 9.0, 132 multiprocessors, 85,899,345,920 bytes, CUDA 12.4 driver"));
            Assert.That(driver.Alive, Is.Empty);
        });
    }

    [Test]
    public void Probe_NoDevice_SaysSo() => AssertWhyNot(new EmulatedDevice { Count = 0 }, 0, "the NVIDIA driver finds no device");

    [Test]
    public void Probe_DeviceThatIsNotThere_SaysHowManyAre()
        => AssertWhyNot(new EmulatedDevice { Count = 2 }, 2, "there is no device 2: the NVIDIA driver finds 2, counted from 0");

    [Test]
    public void Probe_OldDriver_SaysBothVersions() => AssertWhyNot(
        new EmulatedDevice { DriverVersion = 11080 }, 0, "the NVIDIA driver is too old: it knows CUDA 11.8, and 12.0 (driver 525) is the least that will do");

    [Test]
    public void Probe_OldCard_SaysBothCapabilities() => AssertWhyNot(
        new EmulatedDevice { Name = "Turing", Capability = new(7, 5) }, 0, "Turing is too old: it has compute capability 7.5, and 8.0 is the least that will do");

    [Test]
    public void Probe_AnyCallRefused_IsAnAnswer()
    {
        int calls = CallsOf(new EmulatedCudaDriver());
        for (int call = 1; call <= calls; call++)
        {
            var driver = new EmulatedCudaDriver();
            driver.FailCall(call, CUresult.CUDA_ERROR_LAUNCH_FAILED);
            CudaAvailability found = CudaAvailability.Probe(driver, ordinal: 0);
            Assert.That(found.Device, Is.Null, driver.FailedCall);
            Assert.That(found.WhyNot, Does.Contain(driver.FailedCall).And.Contain("CUDA_ERROR_LAUNCH_FAILED (719"));
        }
    }

    private static int CallsOf(EmulatedCudaDriver driver)
    {
        Assert.That(CudaAvailability.Probe(driver, ordinal: 0).Device, Is.Not.Null);
        return driver.CallCount;
    }

    private static void AssertWhyNot(EmulatedDevice device, int ordinal, string expected)
    {
        CudaAvailability found = CudaAvailability.Probe(new EmulatedCudaDriver(device), ordinal);
        Assert.That((found.Device, found.HasDriver, found.WhyNot), Is.EqualTo(((ValueTuple<ICudaDriver, DeviceInfo>?)null, true, expected)));
    }
}
