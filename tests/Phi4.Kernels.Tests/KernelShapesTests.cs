// SPDX-License-Identifier: MIT
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests;

[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class KernelShapesTests(string backend)
{
    [Test]
    public void Linear_WidthsDiffer_NamesBothOperandsAndShapes()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Random(new Random(1), DType.F32, 2, 5);
        using TestMatrix weight = TestMatrix.Random(new Random(1), DType.BF16, 3, 4);
        using TestMatrix result = TestMatrix.Empty(2, 3);
        ArgumentException? e = Assert.Throws<ArgumentException>(
            () => kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None));
        Assert.That(e!.Message, Does.Contain("source F32 [2, 5]").And.Contains("weight BF16 [3, 4]"));
    }

    [Test]
    public void Linear_QuantizedWidthsDiffer_NamesBothOperandsAndShapes()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Random(new Random(1), DType.F32, 2, 64);
        using var weight = new QuantizedMatrix(new Random(1), WeightKind.FourBits, 16, 63);
        using TestMatrix result = TestMatrix.Empty(2, 16);
        ArgumentException? e = Assert.Throws<ArgumentException>(
            () => kernels.Linear(result.View, source.View, weight.View, TensorView.None, LinearEpilogue.None));
        Assert.That(e!.Message, Does.Contain("source F32 [2, 64]").And.Contains("[16, 63]"));
    }

    [TestCase(WeightKind.EightBits, WeightKind.FourBits)]
    [TestCase(WeightKind.FourBits, WeightKind.FourBitsTable)]
    [TestCase(WeightKind.FourBitsTable, WeightKind.FourBitsTableOffsets)]
    public void LinearSwiGlu_GateAndUpStoredDifferently_IsRefused(WeightKind first, WeightKind second)
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Random(new Random(1), DType.F32, 2, 64);
        using var gate = new QuantizedMatrix(new Random(1), first, 16, 64);
        using var up = new QuantizedMatrix(new Random(1), second, 16, 64);
        using TestMatrix result = TestMatrix.Empty(2, 16);
        ArgumentException? e = Assert.Throws<ArgumentException>(() => kernels.LinearSwiGlu(result.View, source.View, gate.View, up.View));
        Assert.That(e!.Message, Does.Contain("must be stored alike"));
    }

    [Test]
    public void Embed_IdOutsideTheTable_NamesIt()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix table = TestMatrix.Random(new Random(1), DType.F16, 7, 4);
        using TestMatrix ids = TestMatrix.Ints(3, 7);
        using TestMatrix result = TestMatrix.Empty(2, 4);
        ArgumentException? e = Assert.Throws<ArgumentException>(() => kernels.Embed(result.View, table.View, ids.View));
        Assert.That(e!.Message, Does.Contain("ids[1] is 7").And.Contains("7 rows of table"));
    }

    [Test]
    public void RmsNorm_IntegerWeight_IsRefused()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix source = TestMatrix.Empty(1, 2);
        using TestMatrix weight = TestMatrix.Ints(1, 2);
        ArgumentException? e = Assert.Throws<ArgumentException>(() => kernels.RmsNorm(source.View, source.View, weight.View, 1e-5f));
        Assert.That(e!.Message, Does.Contain("weight is I32 [1, 2]"));
    }

    [Test]
    public void Argmax_WrongDestination_IsRefused()
    {
        using IKernels kernels = Backends.Create(backend);
        using TestMatrix logits = TestMatrix.Empty(2, 3);
        using TestMatrix result = TestMatrix.Ints(0);
        Assert.Throws<ArgumentException>(() => kernels.Argmax(result.View, logits.View));
    }
}
