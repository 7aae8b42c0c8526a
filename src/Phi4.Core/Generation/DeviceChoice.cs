// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;
using Phi4.Kernels.Cuda.Modules;
using Phi4.Kernels.Reference;

namespace Phi4.Core.Generation;

/// <summary>Where a model will run, and why there.</summary>
/// <param name="Device">Never <see cref="Phi4Device.Auto"/>.</param>
/// <param name="Reason">In words: the device's description, or what speaks against others.</param>
/// <param name="AvailableBytes">Its free memory.</param>
internal sealed record DeviceChoice(Phi4Device Device, string Reason, long AvailableBytes)
{
    private (ICudaDriver Driver, DeviceInfo Info)? _cuda;

    /// <summary>Weights have to be copied to memory of its own.</summary>
    public bool HasOwnMemory => _cuda is not null;

    /// <exception cref="DeviceUnavailableException">CUDA was asked for and can't be had.</exception>
    public static DeviceChoice Of(Phi4LoadOptions options, ModelConfig config)
    {
        if (options.Device is Phi4Device.Cpu or Phi4Device.Reference)
        {
            return OnHost(options.Device, "asked for");
        }

        CudaAvailability found = CudaAvailability.Probe(options.DeviceIndex);
        string? whyNot = found.WhyNot ?? (KernelImages.Embedded is null ? KernelImages.WhyNone : null) ?? Unsupported(config);
        if (whyNot is null)
        {
            (ICudaDriver driver, DeviceInfo info) = found.Device!.Value;
            try
            {
                using CudaContext context = CudaContext.Open(driver, info);
                return new DeviceChoice(Phi4Device.Cuda, info.ToString(), context.Memory().Free) { _cuda = found.Device };
            }
            catch (CudaException e)
            {
                whyNot = e.Message.TrimEnd('.');
            }
        }

        return options.Device == Phi4Device.Auto
            ? OnHost(Phi4Device.Cpu, whyNot)
            : throw new DeviceUnavailableException(FormattableString.Invariant($"cuda:{options.DeviceIndex}"), whyNot);
    }

    /// <summary>The processor instead, when nobody asked for this device and the model does not fit there.</summary>
    public static DeviceChoice InsteadOf(DeviceChoice device, MemoryPlan plan) => OnHost(
        Phi4Device.Cpu,
        FormattableString.Invariant($"the model takes {plan.RequiredBytes:N0} bytes and {plan.AvailableBytes:N0} are free on {device._cuda!.Value.Info.Name}"));

    /// <summary>What the kernels keep for themselves; the reference has next to nothing.</summary>
    public long WorkingBytes(int threadCount, int stepTokens, int widestInput) => Device switch
    {
        Phi4Device.Cpu => CpuKernels.WorkingBytes(threadCount, stepTokens, widestInput),
        Phi4Device.Cuda => CudaKernels.WorkingBytes(stepTokens, widestInput),
        _ => 0,
    };

    public IKernels CreateKernels(Phi4LoadOptions options, int stepTokens, int widestInput)
    {
        bool roundsActivations = options.Activations == ActivationType.Matched;
        return Device switch
        {
            Phi4Device.Reference => new ReferenceKernels(),
            Phi4Device.Cuda => CudaKernels.Create(
                _cuda!.Value.Driver, _cuda.Value.Info,
                new CudaOptions { RoundsActivations = roundsActivations, StepTokens = stepTokens, WidestInput = widestInput }),
            _ => CpuKernels.Create(new CpuOptions { ThreadCount = options.ThreadCount, RoundsActivations = roundsActivations }),
        };
    }

    /// <summary>The reason, and what the kernels have to say about this device.</summary>
    public string ReasonWith(IKernels kernels) => kernels is CudaKernels { Remark: { } remark } ? $"{Reason}; {remark}" : Reason;

    private static DeviceChoice OnHost(Phi4Device device, string reason) => new(device, reason, SystemMemory.AvailableBytes());

    private static string? Unsupported(ModelConfig config) =>
        config.HeadSize > KernelTable.HeadSizes[^1] ? $"its attention takes heads of at most {KernelTable.HeadSizes[^1]}, and the model's have {config.HeadSize}"
        : null;
}
