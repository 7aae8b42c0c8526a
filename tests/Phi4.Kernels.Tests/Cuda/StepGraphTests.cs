// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda;

/// <summary>Work of the same shape is asked for twice and then repeated; what it does is the same.</summary>
[TestFixture]
internal sealed class StepGraphTests
{
    private const int Width = 64;

    private EmulatedCudaDriver _driver = null!;
    private CudaKernels _kernels = null!;
    private KernelBuffer _memory = null!;

    [SetUp]
    public void Create()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        _driver = EmulatedKernels.CreateDriver(isLazy: true);
        _kernels = EmulatedKernels.Create(_driver);
        _memory = _kernels.Allocate(1 << 20, "operands");
    }

    [TearDown]
    public void Dispose()
    {
        _memory?.Dispose();
        _kernels?.Dispose();
        Assert.That(_driver?.Alive ?? [], Is.Empty);
    }

    [Test]
    public void Repeat_ContentsThatChange_GivesWhatTheWorkGives()
    {
        var random = new Random(1);
        int asked = 0;
        for (int step = 0; step < 5; step++)
        {
            float[] row = [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle())];
            float[] expected = Result(row, work => work.Run());
            float[] found = Result(row, work => _kernels.Repeat(Batch(1, 7 + step), 0, work with { OnRun = () => asked++ }));
            Assert.That(found, Is.EqualTo(expected), $"step {step}");
        }

        Assert.That((asked, _driver.GraphLaunchCount), Is.EqualTo((2, 4)));
    }

    [Test]
    public void Repeat_OtherShapes_AreWorkOfTheirOwn()
    {
        int asked = 0;
        foreach ((int tokens, int longest, int variant) in new[] { (1, 5, 0), (2, 5, 0), (1, 1025, 0), (1, 5, 1), (1, 1024, 0) })
        {
            _kernels.Repeat(Batch(tokens, longest), variant, NewWork() with { OnRun = () => asked++ });
        }

        Assert.That((asked, _driver.GraphLaunchCount), Is.EqualTo((5, 1)), "1024 positions take as many units as 5");
    }

    [Test]
    public void Repeat_PromptsAndLargeSteps_AreNotKept()
    {
        for (int i = 0; i < 3; i++)
        {
            _kernels.Repeat(Batch(5, 5) with { SequenceCount = 2 }, 0, NewWork());
            _kernels.Repeat(Batch(65, 5), 0, NewWork());
        }

        Assert.That(_driver.GraphLaunchCount, Is.Zero);
    }

    [Test]
    public void Repeat_MemoryThatMoved_IsWrittenDownAnew()
    {
        TensorView many = _memory.View(DType.F32, 40, Width), weight = _memory.View(DType.BF16, 16, Width, 1 << 17), result = _memory.View(DType.F32, 40, 16, 1 << 18);
        int asked = 0;
        Work work = NewWork() with { OnRun = () => asked++ };
        _kernels.Repeat(Batch(1, 5), 0, work);
        _kernels.Repeat(Batch(1, 5), 0, work);
        _kernels.Repeat(Batch(1, 5), 0, work);
        Assert.That(asked, Is.EqualTo(2));
        _kernels.Linear(result, many, weight, TensorView.None, LinearEpilogue.None);
        _kernels.Repeat(Batch(1, 5), 0, work);
        Assert.That(asked, Is.EqualTo(3), "rounding the rows of the large product took new memory");

        _kernels.Repeat(Batch(1, 5), 0, work);
        TensorView more = _memory.View(DType.F32, 60, Width), wider = _memory.View(DType.F32, 60, 16, 1 << 18);
        _kernels.Repeat(Batch(60, 5), 0, work with { Source = more, Destination = wider });
        _kernels.Repeat(Batch(1, 5), 0, work);
        Assert.That(asked, Is.EqualTo(6), "and so did a step of another shape");
    }

    [Test]
    public void Repeat_ManyShapes_KeepsTheLatest()
    {
        for (int variant = 0; variant < 80; variant++)
        {
            _kernels.Repeat(Batch(1, 5), variant, NewWork());
            _kernels.Repeat(Batch(1, 5), variant, NewWork());
        }

        Assert.That(_driver.Alive, Does.Contain($"{StepGraphs.MostGraphs} ExecutableGraphObject"));
    }

    [Test]
    public void Repeat_WorkThatThrows_LeavesNothingBehind()
    {
        _kernels.Repeat(Batch(1, 5), 0, NewWork());
        Assert.That(() => _kernels.Repeat(Batch(1, 5), 0, NewWork() with { OnRun = () => throw new InvalidDataException() }), Throws.TypeOf<InvalidDataException>());
        Assert.That(_driver.Alive, Has.None.Contains("Graph"));
        Assert.That(Result(new float[Width], work => _kernels.Repeat(Batch(1, 5), 0, work)), Is.EqualTo(new float[16]));
    }

    private static BatchView Batch(int tokens, int longest)
        => new(tokens, tokens, TensorView.None, TensorView.None, TensorView.None, TensorView.None, TensorView.None, longest);

    private float[] Result(float[] row, Action<Work> run)
    {
        Work work = NewWork();
        _kernels.Write<float>(work.Source, row);
        run(work);
        float[] result = new float[16];
        _kernels.Read<float>(result, work.Destination);
        return result;
    }

    private Work NewWork()
    {
        TensorView weight = _memory.View(DType.BF16, 16, Width, 1 << 16);
        _kernels.Write<ushort>(weight, [.. Enumerable.Range(0, 16 * Width).Select(i => BFloat16.FromSingle((i % 13) - 6))]);
        return new Work(_kernels, _memory.View(DType.F32, 1, Width), weight, _memory.View(DType.F32, 1, 16, 1 << 15), null);
    }

    private readonly record struct Work(IKernels Kernels, TensorView Source, TensorView Weight, TensorView Destination, Action? OnRun) : IStepWork
    {
        public void Run()
        {
            OnRun?.Invoke();
            Kernels.Linear(Destination, Source, Weight, TensorView.None, LinearEpilogue.None);
        }
    }
}
