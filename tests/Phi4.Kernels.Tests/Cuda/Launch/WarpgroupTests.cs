// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Launch;

/// <summary>Products of warpgroups are used where a trial shows that they give the bits of the other kernels, and nowhere else.</summary>
[TestFixture]
internal sealed class WarpgroupTests
{
    [SetUp]
    public void RequireEmulator() => Assume.That(EmulatedKernels.WhyNot, Is.Null);

    [TestCase(true, "norm_rows_bf16 linear_wgmma_bf16")]
    [TestCase(false, "norm_rows_bf16 linear_tiled_bf16")]
    public void NormLinear_OfAPromptOnHopper_LaunchesWhatIsAllowed(bool uses, string expected)
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver(EmulatedDevice.Hopper);
        Assert.That(Launched(driver, uses), Is.EqualTo((expected, (string?)null)));
        Assert.That((driver.Alive, driver.Overruns), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())));
    }

    [Test]
    public void NormLinear_DeviceThatAddsUpInAnotherOrder_GoesWithoutThemAndSaysSo()
    {
        var driver = new EmulatedCudaDriver(EmulatedDevice.Hopper, new OtherSums(EmulatorLibrary.Instance!));
        (string launched, string? remark) = Launched(driver, uses: true);
        Assert.That(launched, Is.EqualTo("norm_rows_bf16 linear_tiled_bf16"));
        Assert.That(remark, Does.Contain("other bits than mma.sync"));
    }

    [Test]
    public void Of_BoxesMetBefore_GivesTheSameMap()
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver(EmulatedDevice.Hopper);
        using CudaKernels kernels = EmulatedKernels.Create(driver);
        using KernelBuffer memory = kernels.Allocate(1 << 20, "operands");
        Multiply(kernels, memory, 200, 64);
        int calls = driver.CallCount;
        Multiply(kernels, memory, 200, 64);
        int again = driver.CallCount - calls;
        Multiply(kernels, memory, 190, 64);
        Assert.That(driver.CallCount - calls - again, Is.EqualTo(again), "fewer tokens need no other map");

        Multiply(kernels, memory, 200, 128);
        Assert.That(driver.CallCount - calls - (2 * again), Is.GreaterThan(again), "another matrix does");
    }

    private static (string Kernels, string? Remark) Launched(EmulatedCudaDriver driver, bool uses)
    {
        using CudaKernels kernels = EmulatedKernels.Create(driver, EmulatedKernels.Small() with { UsesWarpgroups = uses });
        using KernelBuffer memory = kernels.Allocate(1 << 20, "operands");
        driver.Launches.Clear();
        Multiply(kernels, memory, 200, 64);
        return (string.Join(' ', driver.Launches.Select(launch => launch.Kernel)), kernels.Remark);
    }

    private static void Multiply(CudaKernels kernels, KernelBuffer memory, int tokens, int width)
    {
        TensorView source = memory.View(DType.F32, tokens, width), norm = memory.View(DType.BF16, 1, width, 1 << 17);
        TensorView weight = memory.View(DType.BF16, 16, width, 2 << 17), result = memory.View(DType.F32, tokens, 16, 3 << 17);
        kernels.NormLinear(result, source, new RowNorm(norm, 1e-5f, source), weight, TensorView.None);
    }

    /// <summary>One bit of one result is another.</summary>
    private sealed unsafe class OtherSums(IEmulatedKernels kernels) : IEmulatedKernels
    {
        public int Find(string name) => kernels.Find(name);

        public int ParameterBytes(int kernel) => kernels.ParameterBytes(kernel);

        public string? Launch(int kernel, EmulatedLaunch launch, ReadOnlySpan<byte> parameters)
        {
            string? error = kernels.Launch(kernel, launch, parameters);
            if (launch.Kernel.StartsWith("linear_wgmma", StringComparison.Ordinal))
            {
                *(int*)BitConverter.ToInt64(parameters) ^= 1;
            }

            return error;
        }
    }
}
