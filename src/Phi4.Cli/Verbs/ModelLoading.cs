// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Cli.Options;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Verbs;

/// <summary>Loads the model that a verb was asked for, and says how far it has come.</summary>
internal static class ModelLoading
{
    /// <summary>Loads the model; the caller disposes it.</summary>
    /// <param name="context">The verb's surroundings.</param>
    /// <param name="options">Which model, and how.</param>
    /// <param name="maxSequences">Sequences that will run at once.</param>
    public static Task<LoadedModel> LoadAsync(VerbContext context, ModelOptions options, int maxSequences = 1) =>
        LoadAsync(context, options.RequireFolderOf(context.Parse), options.LoadOptionsOf(context.Parse, maxSequences));

    /// <summary>As above, for options that the verb has decided on.</summary>
    public static async Task<LoadedModel> LoadAsync(VerbContext context, string folder, Phi4LoadOptions load)
    {
        MemoryPlan plan = Phi4Model.PlanMemory(folder, load);
        if (plan.Verdict == MemoryVerdict.WeightsFromDisk)
        {
            context.Talk.Note($"warning: {plan.Explanation}");
        }

        long start = Stopwatch.GetTimestamp();
        Phi4Model model = await LongWork.RunAsync(
            context.Talk, "Loading", progress => Phi4Model.LoadAsync(folder, load, progress, context.Cancellation)).ConfigureAwait(false);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        string device = model.Device.ToString().ToLowerInvariant();
        if (load.Device == Phi4Device.Auto)
        {
            SayChoice(context, model, device);
        }

        context.Talk.Detail(FormattableString.Invariant(
            $"{folder}: {model.Config.ParameterCount:N0} parameters on {device}, context {model.ContextLength:N0}, loaded in {time.TotalSeconds:F2} s"));
        return new LoadedModel(model, time);
    }

    // A user wants to hear of a device that is there and not used. Where there is nothing of NVIDIA's, nobody wonders why the processor computes; where the device
    // computes, all is as it should be.
    private static void SayChoice(VerbContext context, Phi4Model model, string device)
    {
        string text = $"device {device}: {model.DeviceReason}";
        if (model.Device != Phi4Device.Cuda && CudaSupport.HasDriver)
        {
            context.Talk.Note(text);
        }
        else
        {
            context.Talk.Detail(text);
        }
    }
}

/// <summary>A model and what its loading took.</summary>
internal sealed record LoadedModel(Phi4Model Model, TimeSpan LoadTime);
