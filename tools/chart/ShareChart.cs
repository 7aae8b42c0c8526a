// SPDX-License-Identifier: MIT
using ScottPlot;

namespace Phi4.Chart;

/// <summary>Bars side by side, an engine a colour: how much of what the machine could do each makes of a test.</summary>
internal static class ShareChart
{
    private const int WidthPerGroup = 110;
    private const int LeastWidth = 500;
    private const int Height = 420;

    // Room for the legend above the bars.
    private const double MostShown = 165;

    public static void Save(IReadOnlyList<ShareGroup> groups, string path)
    {
        string[] engines = [.. groups.SelectMany(group => group.Shares).Select(share => share.Engine).Distinct()];
        var colors = new ScottPlot.Palettes.Category10();
        var plot = new Plot();
        double width = 0.8 / engines.Length;
        List<Bar> bars = [];
        for (int i = 0; i < groups.Count; i++)
        {
            foreach (Share share in groups[i].Shares)
            {
                int engine = Array.IndexOf(engines, share.Engine);
                double offset = (engine - ((engines.Length - 1) / 2.0)) * width;
                bars.Add(new Bar { Position = i + offset, Value = share.Value * 100, Size = width, FillColor = colors.GetColor(engine) });
            }
        }

        plot.Add.Bars(bars);
        foreach (string engine in engines)
        {
            plot.Legend.ManualItems.Add(new LegendItem
            {
                LabelText = engine.Length == 0 ? "Phi4.Engine" : engine,
                FillColor = colors.GetColor(Array.IndexOf(engines, engine)),
            });
        }

        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, groups.Count).Select(i => (double)i)], [.. groups.Select(group => group.Name)]);
        plot.Title("Share of the ceiling, %: reads for tg, products for pp", size: 15);
        plot.Axes.SetLimits(-0.6, groups.Count - 0.4, 0, MostShown);
        plot.ShowLegend(Alignment.UpperLeft);
        plot.SavePng(path, Math.Max(LeastWidth, WidthPerGroup * groups.Count), Height);
    }
}
