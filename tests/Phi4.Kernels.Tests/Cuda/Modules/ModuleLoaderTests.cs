// SPDX-License-Identifier: MIT
using System.IO.Compression;
using System.Text;
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Modules;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Modules;

[TestFixture]
internal sealed class ModuleLoaderTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("phi4-cuda-cache-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(8, 0, "ptx of decode for compute_80")]
    [TestCase(8, 9, "ptx of decode for compute_80")]
    [TestCase(9, 0, "ptx of decode for compute_90a")]
    [TestCase(10, 0, "ptx of decode for compute_80")]
    [TestCase(12, 0, "ptx of decode for compute_80")]
    public void Load_PtxAlone_IsTheBestForTheCard(int major, int minor, string expected)
        => AssertLoads(new EmulatedDevice { Capability = new(major, minor) }, [Ptx("compute_80", "7.1"), Ptx("compute_90a", "8.0")], expected);

    [TestCase(8, 0, "cubin of decode for sm_80")]
    [TestCase(8, 6, "cubin of decode for sm_80")]
    [TestCase(9, 0, "cubin of decode for sm_90a")]
    public void Load_CubinForTheCard_IsPreferred(int major, int minor, string expected)
    {
        ComputeCapability card = new(major, minor);
        AssertLoads(
            new EmulatedDevice { Capability = card },
            [Ptx("compute_80", "7.1"), Ptx("compute_90a", "8.0"), Cubin("sm_80", card), Cubin("sm_90a", card)], expected);
    }

    [Test]
    public void Load_CubinThatTheDriverRefuses_FallsToPtx()
        => AssertLoads(new EmulatedDevice { Capability = new(9, 0) }, [Ptx("compute_80", "7.1"), Ptx("compute_90a", "8.0"), Cubin("sm_90a", new(8, 0))], "ptx of decode for compute_90a");

    [Test]
    public void Load_PtxNewerThanTheDriver_FallsToOlder()
        => AssertLoads(
            new EmulatedDevice { Capability = new(9, 0), PtxVersion = 71 }, [Ptx("compute_80", "7.1"), Ptx("compute_90a", "8.0")], "ptx of decode for compute_80");

    [Test]
    public void Load_NothingForTheCard_SaysSo()
    {
        using var test = new Setup(new EmulatedDevice { Capability = new(8, 6) }, [Ptx("compute_90a", "8.0")], cache: null);
        Assert.That(
            () => test.Loader.Load("decode"),
            Throws.InvalidOperationException.With.Message.EqualTo("This build has no CUDA module decode for compute capability 8.6."));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Load_PtxThatDoesNotCompile_HasTheCompilersWords(bool isCached)
    {
        using var test = new Setup(new EmulatedDevice(), [Image("compute_80", ImageKind.Ptx, "not PTX")], isCached ? new ModuleCache(_folder) : null);
        Assert.That(
            () => test.Loader.Load("decode"),
            Throws.TypeOf<CudaException>().With.Message.Contains("CUDA_ERROR_INVALID_PTX").And.Message.Contains("ptxas: no .version and .target in \"not PTX\""));
    }

    [Test]
    public void Load_SecondTime_CompilesNothing()
    {
        Assert.That(Compiles(new EmulatedDevice(), "hash"), Is.EqualTo(1));
        Assert.That(Compiles(new EmulatedDevice(), "hash"), Is.Zero);
    }

    [Test]
    public void Load_OtherSourcesDriverOrCard_CompilesAnew()
    {
        Assert.That(Compiles(new EmulatedDevice(), "hash"), Is.EqualTo(1));
        Assert.That(Compiles(new EmulatedDevice(), "other hash"), Is.EqualTo(1), "sources");
        Assert.That(Compiles(new EmulatedDevice { DriverVersion = 12050 }, "hash"), Is.EqualTo(1), "driver");
        Assert.That(Compiles(new EmulatedDevice { Capability = new(8, 6) }, "hash"), Is.EqualTo(1), "card");
        Assert.That(Compiles(new EmulatedDevice(), "hash"), Is.Zero, "and nothing was lost");
    }

    [Test]
    public void Load_CacheEntryThatTheDriverRefuses_CompilesAnewAndMends()
    {
        Assert.That(Compiles(new EmulatedDevice(), "hash"), Is.EqualTo(1));
        string entry = Path.GetFileNameWithoutExtension(Directory.GetFiles(_folder).Single());
        new ModuleCache(_folder).Write(entry, Encoding.UTF8.GetBytes(EmulatedCudaDriver.CubinHeading(new(7, 0)) + '\0'));
        Assert.That(Compiles(new EmulatedDevice(), "hash"), Is.EqualTo(1));
        Assert.That(Compiles(new EmulatedDevice(), "hash"), Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Load_AnyCallRefused_IsTypedAndLeavesNothingAlive(bool isCached)
    {
        for (int call = 1; ; call++)
        {
            EmulatedCudaDriver driver;
            using (var test = new Setup(new EmulatedDevice(), [Ptx("compute_80", "7.1")], isCached ? new ModuleCache(Path.Combine(_folder, $"{call}")) : null))
            {
                driver = test.Driver;
                driver.FailCall(call, CUresult.CUDA_ERROR_LAUNCH_FAILED);
                try
                {
                    test.Loader.Load("decode").Dispose();
                }
                catch (CudaException e)
                {
                    Assert.That(e.Status, Is.EqualTo(CUresult.CUDA_ERROR_LAUNCH_FAILED));
                }
            }

            Assert.That(driver.Alive, Is.Empty, driver.FailedCall);
            if (driver.FailedCall is null or nameof(ICudaDriver.cuDevicePrimaryCtxRelease))
            {
                return;
            }
        }
    }

    private static ModuleImage Ptx(string architecture, string version)
        => Image(architecture, ImageKind.Ptx, $"// made by a test\n.version {version}\n.target {architecture.Replace("compute", "sm", StringComparison.Ordinal)}\n");

    private static ModuleImage Cubin(string architecture, ComputeCapability card) => Image(architecture, ImageKind.Cubin, EmulatedCudaDriver.CubinHeading(card));

    private static ModuleImage Image(string architecture, ImageKind kind, string text) => new("decode", architecture, kind, () =>
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        bytes.Position = 0;
        return bytes;
    });

    private static void AssertLoads(EmulatedDevice device, ModuleImage[] images, string expected)
    {
        using var test = new Setup(device, images, cache: null);
        using CudaModule module = test.Loader.Load("decode");
        Assert.That(test.Loader.Loaded!.ToString(), Is.EqualTo(expected));
    }

    private int Compiles(EmulatedDevice device, string hash)
    {
        using var test = new Setup(device, [Ptx("compute_80", "7.1")], new ModuleCache(_folder), hash);
        using CudaModule module = test.Loader.Load("decode");
        return test.Driver.CompiledCount;
    }

    private sealed class Setup : IDisposable
    {
        private readonly CudaContext _context;

        public Setup(EmulatedDevice device, ModuleImage[] images, ModuleCache? cache, string hash = "hash")
        {
            Driver = new EmulatedCudaDriver(device);
            DeviceInfo info = CudaAvailability.Probe(Driver, 0).Device!.Value.Info;
            _context = CudaContext.Open(Driver, info);
            Loader = new ModuleLoader(_context, info, new KernelImages(hash, images), cache);
        }

        public EmulatedCudaDriver Driver { get; }

        public ModuleLoader Loader { get; }

        public void Dispose() => _context.Dispose();
    }
}
