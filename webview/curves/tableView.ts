import { html, type TemplateResult } from 'lit';
import type { CurvesModel } from './charts';
import { dataTable } from './readout';

/** Rows of a table; more are thinned evenly. */
const ROWS = 40;

/** The charts as tables of numbers. */
export function tableView(model: CurvesModel): TemplateResult {
  return html`<div class="tables">
    ${model.charts.map((chart) => {
      const { title, header, rows } = dataTable(model, chart, ROWS);
      return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${title}>
        <table>
          <caption>
            ${title}
          </caption>
          <thead>
            <tr>
              ${header.map((text) => html`<th scope="col">${text}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ([place, ...values]) =>
                html`<tr>
                  <th scope="row">${place}</th>
                  ${values.map((value) => html`<td>${value}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
    })}
  </div>`;
}
