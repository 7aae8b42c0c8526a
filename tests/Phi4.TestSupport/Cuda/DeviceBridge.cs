// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.TestSupport.Cuda;

/// <summary>
/// A device's backend as one whose memory is the host's: every operation takes its operands to the device and brings back what it wrote, gaps between rows and alignment
/// included. So a test that fills and reads arrays judges a device too.
/// </summary>
internal sealed unsafe class DeviceBridge(IKernels device) : IKernels
{
    private const int Alignment = 64;

    public string Name => device.Name;

    public KernelBuffer Allocate(long byteCount, string purpose) => HostBuffer.Allocate(byteCount, purpose);

    public void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged
        => HostMemory.Write(destination, source);

    public void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged
        => HostMemory.Read(destination, source);

    public void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage)
    {
        using var call = new Call(device);
        device.CopyPage(call.InOut(cache), sourcePage, destinationPage);
        call.Finish();
    }

    public void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        using var call = new Call(device);
        device.Embed(call.InOut(destination), call.In(table), call.In(ids));
        call.Finish();
    }

    public void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        using var call = new Call(device);
        TensorView onDevice = call.InOut(destination);
        device.RmsNorm(onDevice, source == destination ? onDevice : call.In(source), call.In(weight), epsilon);
        call.Finish();
    }

    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        using var call = new Call(device);
        device.Linear(call.InOut(destination), call.In(source), call.In(weight), call.In(bias), epilogue);
        call.Finish();
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        using var call = new Call(device);
        device.LinearSwiGlu(call.InOut(destination), call.In(source), call.In(gate), call.In(up));
        call.Finish();
    }

    public void NormLinear(TensorView destination, TensorView source, in RowNorm norm, WeightView weight, TensorView bias)
    {
        using var call = new Call(device);
        RowNorm onDevice = norm with { Weight = call.In(norm.Weight), Room = call.In(norm.Room) };
        device.NormLinear(call.InOut(destination), call.In(source), onDevice, call.In(weight), call.In(bias));
        call.Finish();
    }

    public void NormLinearSwiGlu(TensorView destination, TensorView source, in RowNorm norm, WeightView gate, WeightView up)
    {
        using var call = new Call(device);
        RowNorm onDevice = norm with { Weight = call.In(norm.Weight), Room = call.In(norm.Room) };
        device.NormLinearSwiGlu(call.InOut(destination), call.In(source), onDevice, call.In(gate), call.In(up));
        call.Finish();
    }

    public void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        using var call = new Call(device);
        device.RopeAndAppend(call.InOut(query), call.InOut(key), call.In(value), call.In(ropeTable), call.InOut(cache), call.In(batch));
        call.Finish();
    }

    public void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        using var call = new Call(device);
        device.Attention(call.InOut(destination), call.In(query), call.InOut(cache), call.In(batch), scale, window);
        call.Finish();
    }

    public void GatherRows(TensorView destination, TensorView source, TensorView rows)
    {
        using var call = new Call(device);
        device.GatherRows(call.InOut(destination), call.In(source), call.In(rows));
        call.Finish();
    }

    public void Argmax(TensorView destination, TensorView logits)
    {
        using var call = new Call(device);
        device.Argmax(call.InOut(destination), call.In(logits));
        call.Finish();
    }

    public bool SamplesItself => device.SamplesItself;

    public void Sample(TensorView destination, TensorView logits, TensorView plan)
    {
        using var call = new Call(device);
        device.Sample(call.InOut(destination), call.InOut(logits), call.In(plan));
        call.Finish();
    }

    public void Dispose() => device.Dispose();

    /// <summary>The operands of one operation.</summary>
    private sealed class Call(IKernels device) : IDisposable
    {
        private readonly List<KernelBuffer> _buffers = [];
        private readonly List<(nint Host, TensorView Device)> _results = [];

        public TensorView In(TensorView host)
        {
            if (host.IsNone || host.Count == 0)
            {
                return host;
            }

            long elements = ((host.Rows - 1) * host.RowStride) + host.Columns;
            return host with { Address = Bring(host.Address, elements * host.DType.SizeInBytes(), host).Address };
        }

        public WeightView In(WeightView host) => host.IsFloat ? In(host.Values) : host.At(Bring(host.Values.Address, host.ByteCount, TensorView.None).Address);

        public TensorView InOut(TensorView host)
        {
            if (host.IsNone || host.Count == 0)
            {
                return host;
            }

            long elements = ((host.Rows - 1) * host.RowStride) + host.Columns;
            TensorView bytes = Bring(host.Address, elements * host.DType.SizeInBytes(), host);
            _results.Add((host.Address, bytes));
            return host with { Address = bytes.Address };
        }

        public KvLayerView InOut(in KvLayerView host)
        {
            TensorView bytes = Bring(host.Address, host.ByteCount, TensorView.None);
            _results.Add((host.Address, bytes));
            return host with { Address = bytes.Address };
        }

        public BatchView In(in BatchView host) => host with
        {
            Positions = In(host.Positions),
            RopeRows = In(host.RopeRows),
            Slots = In(host.Slots),
            SequenceOfToken = In(host.SequenceOfToken),
            PageTables = In(host.PageTables),
        };

        public void Finish()
        {
            foreach ((nint host, TensorView bytes) in _results)
            {
                device.Read(new Span<byte>((void*)host, bytes.Columns), bytes);
            }
        }

        public void Dispose()
        {
            foreach (KernelBuffer buffer in _buffers)
            {
                buffer.Dispose();
            }
        }

        private TensorView Bring(nint address, long byteCount, TensorView shape)
        {
            int offset = (int)(address % Alignment);
            KernelBuffer buffer = device.Allocate(byteCount + offset, "operand");
            _buffers.Add(buffer);
            TensorView bytes = buffer.View(DType.U8, 1, checked((int)byteCount), offset);
            if (shape.DType == DType.I32 && !shape.IsNone)
            {
                device.Write(shape with { Address = bytes.Address }, new ReadOnlySpan<int>((void*)address, checked((int)(byteCount / sizeof(int)))));
            }
            else
            {
                device.Write(bytes, new ReadOnlySpan<byte>((void*)address, bytes.Columns));
            }

            return bytes;
        }
    }
}
