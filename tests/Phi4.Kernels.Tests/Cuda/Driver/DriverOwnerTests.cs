// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Driver;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Driver;

/// <summary>The owners of device resources, over an emulated driver.</summary>
[TestFixture]
internal sealed unsafe class DriverOwnerTests
{
    private const string Ptx = ".version 7.1\n.target sm_80\n.visible .entry add_one(\n";

    [Test]
    public void Owners_DisposedContextFirst_LeaveNothingAlive()
    {
        var driver = new EmulatedCudaDriver();
        CudaContext context = Open(driver);
        DeviceBuffer buffer = DeviceBuffer.Allocate(context, 100, "test");
        PinnedBuffer pinned = PinnedBuffer.Allocate(context, 10);
        CudaStream stream = CudaStream.Create(context);
        CudaEvent mark = CudaEvent.Create(context);
        Assert.That(driver.Alive, Is.EquivalentTo((string[])["1 DeviceMemory", "1 PinnedMemory", "1 StreamObject", "1 EventObject", "1 context"]));
        context.Dispose();
        Assert.That(driver.Alive, Does.Contain("1 context"), "what is alive still needs it");
        mark.Dispose();
        buffer.Dispose();
        stream.Dispose();
        pinned.Dispose();
        Assert.That(driver.Alive, Is.Empty);
    }

    [Test]
    public void Owners_DisposedOnAnotherThread_LeaveNothingAlive()
    {
        var driver = new EmulatedCudaDriver();
        CudaContext context = Open(driver);
        DeviceBuffer buffer = DeviceBuffer.Allocate(context, 100, "test");
        var thread = new Thread(() =>
        {
            buffer.Dispose();
            context.Dispose();
        });
        thread.Start();
        thread.Join();
        Assert.That(driver.Alive, Is.Empty);
    }

    [Test]
    public void Owners_Forgotten_AreFinalized()
    {
        var driver = new EmulatedCudaDriver();
        Forget(driver);
        for (int i = 0; i < 50 && driver.Alive.Count > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(driver.Alive, Is.Empty);

        static void Forget(EmulatedCudaDriver driver)
        {
            CudaContext context = Open(driver);
            _ = DeviceBuffer.Allocate(context, 100, "test");
            _ = CudaStream.Create(context);
        }
    }

    [Test]
    public void DeviceBuffer_MoreThanIsFree_SaysWhatForAndHowMuch()
    {
        var driver = new EmulatedCudaDriver(new EmulatedDevice { MemoryBytes = 5000 });
        using CudaContext context = Open(driver);
        using DeviceBuffer first = DeviceBuffer.Allocate(context, 3000, "first");
        Assert.That(
            () => DeviceBuffer.Allocate(context, 3000, "KV cache"),
            Throws.TypeOf<InsufficientMemoryException>().With.Message.EqualTo(
                "3,000 bytes of device memory for KV cache could not be had; 2,000 of 5,000 are free.").And.InnerException.TypeOf<CudaException>());
        using DeviceBuffer second = DeviceBuffer.Allocate(context, 2000, "others live on");
        Assert.That(second.ByteCount, Is.EqualTo(2000));
    }

    [Test]
    public void DeviceBuffer_WrittenPast_IsFoundByItsGuards()
    {
        var driver = new EmulatedCudaDriver();
        using CudaContext context = Open(driver);
        DeviceBuffer buffer = DeviceBuffer.Allocate(context, 100, "test");
        ((byte*)buffer.DangerousGetHandle())[100] = 1;
        buffer.Dispose();
        Assert.That(driver.Overruns, Is.EqualTo((string[])["DeviceMemory of 100 bytes"]));
    }

    [Test]
    public void ThrowIfFailed_RefusedCall_NamesCallAndStatus()
    {
        var driver = new EmulatedCudaDriver();
        using CudaContext context = Open(driver);
        using CudaStream stream = CudaStream.Create(context);
        driver.FailCall(1, CUresult.CUDA_ERROR_ILLEGAL_STATE);
        Assert.That(
            stream.Synchronize,
            Throws.TypeOf<CudaException>().With.Property(nameof(CudaException.Status)).EqualTo(CUresult.CUDA_ERROR_ILLEGAL_STATE)
                .And.Message.EqualTo("The CUDA driver refused Driver.cuStreamSynchronize(Value): CUDA_ERROR_ILLEGAL_STATE (401, emulated)."));
    }

    [Test]
    public void Launch_ParametersChangedAfterwards_UsesThoseOfTheCall()
    {
        using var machine = new Machine(isLazy: true);
        Parameters parameters = new() { Address = machine.Buffer.DangerousGetHandle(), Step = 5 };
        machine.Stream.Launch(machine.AddOne, new LaunchShape(3, 1, 1, 64), parameters);
        parameters.Step = 100;
        Assert.That(machine.Read(), Is.Zero, "nobody has waited");
        machine.Stream.Synchronize();
        Assert.That(machine.Read(), Is.EqualTo(15));
        Assert.That(machine.Driver.Launches, Is.EqualTo((EmulatedLaunch[])[new("add_one", 3, 1, 1, 64, 0, false)]));
    }

    [Test]
    public void Capture_LaunchesAndCopies_ReplayAsOften()
    {
        using var machine = new Machine();
        Parameters parameters = new() { Address = machine.Buffer.DangerousGetHandle(), Step = 1 };
        using CudaGraph graph = machine.Stream.Capture(() =>
        {
            machine.Stream.Launch(machine.AddOne, new LaunchShape(1, 1, 1, 32), parameters);
            machine.Stream.Launch(machine.AddOne, new LaunchShape(2, 1, 1, 32), parameters);
        });
        Assert.That(machine.Read(), Is.Zero, "a capture does nothing");
        machine.Stream.Launch(graph);
        machine.Stream.Launch(graph);
        machine.Stream.Synchronize();
        Assert.That(machine.Read(), Is.EqualTo(6));
    }

    [Test]
    public void Capture_ActionThatThrows_EndsTheCapture()
    {
        using var machine = new Machine();
        Assert.That(() => machine.Stream.Capture(() => throw new TimeoutException()), Throws.TypeOf<TimeoutException>());
        machine.Stream.Synchronize();
        Assert.That(machine.Driver.Alive, Has.None.Contain("Graph"));
    }

    [Test]
    public void Launch_MoreSharedMemoryThanAskedFor_NamesKernelAndShape()
    {
        using var machine = new Machine();
        Assert.That(
            () => machine.Stream.Launch(machine.AddOne, new LaunchShape(1, 1, 1, 32, 60_000), default(Parameters)),
            Throws.TypeOf<CudaException>().With.Message.Contains("the launch of add_one as 1 x 1 x 1 blocks of 32 threads with 60000 shared bytes"));
        CudaFunction roomy = machine.Module.Find("add_one", sharedBytes: 60_000);
        machine.Stream.Launch(roomy, new LaunchShape(1, 1, 1, 32, 60_000), new Parameters { Address = machine.Buffer.DangerousGetHandle() });
    }

    [Test]
    public void Find_KernelThatIsNotThere_IsNamed()
    {
        using var machine = new Machine();
        Assert.That(
            () => machine.Module.Find("add_two"),
            Throws.TypeOf<CudaException>().With.Message.EqualTo("The CUDA driver refused cuModuleGetFunction(\"add_two\"): CUDA_ERROR_NOT_FOUND (500, emulated)."));
    }

    [Test]
    public void Launch_KernelThatFails_IsAnErrorOfTheNextWait()
    {
        var kernels = new StandInKernels().Add("add_one", sizeof(Parameters), (_, _) => "barrier divergence in block 3");
        using var machine = new Machine(kernels: kernels, isLazy: true);
        machine.Stream.Launch(machine.AddOne, new LaunchShape(1, 1, 1, 32), default(Parameters));
        Assert.That(machine.Stream.Synchronize, Throws.TypeOf<CudaException>().With.Message.Contains("barrier divergence in block 3"));
    }

    [Test]
    public void Everything_AnyCallRefused_IsTypedAndLeavesNothingAlive()
    {
        using (var machine = new Machine())
        {
            machine.Work();
        }

        int calls = Machine.LastCallCount;
        for (int call = 1; call <= calls; call++)
        {
            foreach (CUresult status in new[] { CUresult.CUDA_ERROR_OUT_OF_MEMORY, CUresult.CUDA_ERROR_LAUNCH_FAILED })
            {
                var driver = new EmulatedCudaDriver(new EmulatedDevice(), Machine.Kernels());
                driver.cuInit(0);
                driver.FailCall(call, status);
                try
                {
                    using var machine = new Machine(driver);
                    machine.Work();
                }
                catch (Exception e) when (e is CudaException or InsufficientMemoryException)
                {
                }

                Assert.That(driver.FailedCall, Is.Not.Null, $"call {call}");
                Assert.That(driver.Alive, Is.Empty, $"{driver.FailedCall}, call {call}, {status}");
            }
        }
    }

    private static CudaContext Open(EmulatedCudaDriver driver) => CudaContext.Open(driver, CudaAvailability.Probe(driver, 0).Device!.Value.Info);

    private struct Parameters
    {
        public nint Address;
        public long Step;
    }

    /// <summary>A device with a buffer of one number and a kernel that adds to it.</summary>
    private sealed class Machine : IDisposable
    {
        private readonly List<IDisposable> _owned = [];

        public Machine(bool isLazy = false, StandInKernels? kernels = null)
            : this(new EmulatedCudaDriver(new EmulatedDevice(), kernels ?? Kernels()) { IsLazy = isLazy })
        {
        }

        public Machine(EmulatedCudaDriver driver)
        {
            Driver = driver;
            driver.cuInit(0);
            var device = new DeviceInfo(0, 0, "test", new(8, 0), 1, 0, 0, 0, 0);
            try
            {
                CudaContext context = Own(CudaContext.Open(driver, device));
                Stream = Own(CudaStream.Create(context));
                Buffer = Own(DeviceBuffer.Allocate(context, sizeof(int), "number"));
                Pinned = Own(PinnedBuffer.Allocate(context, sizeof(int)));
                Mark = Own(CudaEvent.Create(context));
                Module = Own(CudaModule.Load(context, Encoding.ASCII.GetBytes(Ptx)));
                AddOne = Module.Find("add_one");
                Stream.Clear(Buffer.DangerousGetHandle(), sizeof(int));
                Stream.Synchronize();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public static int LastCallCount { get; private set; }

        public EmulatedCudaDriver Driver { get; }

        public CudaStream Stream { get; }

        public DeviceBuffer Buffer { get; }

        public PinnedBuffer Pinned { get; }

        public CudaEvent Mark { get; }

        public CudaModule Module { get; }

        public CudaFunction AddOne { get; }

        public static StandInKernels Kernels() => new StandInKernels().Add("add_one", sizeof(Parameters), (launch, block) =>
        {
            Parameters parameters = System.Runtime.InteropServices.MemoryMarshal.Read<Parameters>(block);
            *(int*)parameters.Address += (int)parameters.Step * (int)launch.GridX;
            return null;
        });

        public int Read() => *(int*)Buffer.DangerousGetHandle();

        /// <summary>A bit of everything.</summary>
        public void Work()
        {
            nint address = Buffer.DangerousGetHandle();
            Stream.CopyToDevice(address, Pinned, sizeof(int));
            using CudaGraph graph = Stream.Capture(() => Stream.Launch(AddOne, new LaunchShape(1, 1, 1, 32), new Parameters { Address = address, Step = 1 }));
            Stream.Launch(graph);
            Stream.CopyOnDevice(address, address, sizeof(int));
            Stream.CopyToHost(Pinned, address, sizeof(int));
            Stream.Record(Mark);
            Mark.Wait();
            LastCallCount = Driver.CallCount - 1;
        }

        public void Dispose()
        {
            for (int i = _owned.Count - 1; i >= 0; i--)
            {
                _owned[i].Dispose();
            }
        }

        private T Own<T>(T owner)
            where T : IDisposable
        {
            _owned.Add(owner);
            return owner;
        }
    }
}
